"""As much of a Redis client as the run needs: one connection, one command after the other."""

from __future__ import annotations

import socket
from typing import Any, BinaryIO, Iterator

from .trouble import Trouble


class RedisAway(Trouble):
    """No answer: the server is down, or it is loading its file."""


class RedisRefusal(Trouble):
    """The server answered with an error."""


class Redis:
    """Connects when it is first asked, and again after a connection was lost."""

    def __init__(self, port: int, password: str, timeout: float = 5) -> None:
        self._port, self._password, self._timeout = port, password, timeout
        self._socket: socket.socket | None = None
        self._file: BinaryIO | None = None

    def call(self, *words: str | int) -> Any:
        """The reply: a string, an integer, None or a list of those."""
        try:
            if self._socket is None:
                self._open()
            return self._exchange(words)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise RedisAway(f"{error}") from error

    def keys(self, pattern: str = "*", kind: str | None = None) -> Iterator[str]:
        """All keys, of one type where it is named, each once."""
        seen: set[str] = set()
        cursor = "0"
        while True:
            words = ["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"] + (["TYPE", kind] if kind else [])
            cursor, page = self.call(*words)
            for key in page:
                if key not in seen:
                    seen.add(key)
                    yield key
            if cursor == "0":
                return

    def close(self) -> None:
        for part in (self._file, self._socket):
            if part is not None:
                try:
                    part.close()
                except OSError:
                    pass
        self._socket, self._file = None, None

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), self._timeout)
        self._file = self._socket.makefile("rb")
        self._exchange(("AUTH", self._password))

    def _exchange(self, words: tuple[str | int, ...]) -> Any:
        assert self._socket is not None
        parts = [str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        reply = self._read()
        if isinstance(reply, RedisRefusal):
            # A server that starts or ends says so, and is as good as away.
            if str(reply).startswith(("LOADING", "MASTERDOWN")):
                raise EOFError(str(reply))
            raise reply
        return reply

    def _read(self) -> Any:
        assert self._file is not None
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("the connection ended")
        mark, text = line[:1], line[1:-2].decode("utf-8", "replace")
        if mark == b"+":
            return text
        if mark == b"-":
            return RedisRefusal(text)
        if mark == b":":
            return int(text)
        if mark == b"$":
            if int(text) < 0:
                return None
            size = int(text) + 2
            data = self._file.read(size)
            if len(data) != size:
                raise EOFError("the connection ended")
            return data[:-2].decode("utf-8", "replace")
        if mark == b"*":
            return None if int(text) < 0 else [self._read() for _ in range(int(text))]
        raise ValueError(f"not a reply of Redis: {line[:40]!r}")
