"""A TCP proxy that can fall silent: the half-open socket, whose other end has vanished without a word.

A silent connection stays open on both sides and forwards nothing any more, in no direction, not even an end. Connections
that are opened afterwards are forwarded as ever: the network is whole again, and only what was there before is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any, Coroutine


class _Connection:
    """Two pumps and a gate before what each of them writes."""

    def __init__(self, client: tuple[asyncio.StreamReader, asyncio.StreamWriter], server: tuple[asyncio.StreamReader, asyncio.StreamWriter]):
        self._client, self._server = client, server
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def is_silent(self) -> bool:
        return not self._flows.is_set()

    def silence(self) -> None:
        self._flows.clear()

    async def run(self) -> None:
        pumps = [
            asyncio.ensure_future(self._pump(self._client[0], self._server[1])),
            asyncio.ensure_future(self._pump(self._server[0], self._client[1])),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self.close()

    def close(self) -> None:
        for writer in (self._client[1], self._server[1]):
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = await reader.read(65536)
                # Read and not passed on: as lost as a packet.
                await self._flows.wait()
                if not data:
                    return
                writer.write(data)
                await writer.drain()


class Proxy:
    """Listens on a port of its own and forwards to another."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int, target: int) -> None:
        self._loop, self.port, self._target = loop, port, target
        self._connections: set[_Connection] = set()
        self._listener: asyncio.AbstractServer | None = None

    async def open(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            # The nearest to a refused connection.
            writer.transport.abort()
            return
        connection = _Connection((reader, writer), server)
        self._connections.add(connection)
        try:
            await connection.run()
        except asyncio.CancelledError:
            # The run ends. Nobody awaits this task, and the loop would complain of it.
            pass
        finally:
            self._connections.discard(connection)

    async def silence(self) -> int:
        """Silences all connections that are open now; returns how many."""
        chosen = [connection for connection in self._connections if not connection.is_silent]
        for connection in chosen:
            connection.silence()
        return len(chosen)

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.close()


class Proxies:
    """The proxies of a run, on a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxies", daemon=True)
        self._proxies: list[Proxy] = []
        self._thread.start()

    def open(self, port: int, target: int) -> Proxy:
        proxy = Proxy(self._loop, port, target)
        self._await(proxy.open())
        self._proxies.append(proxy)
        return proxy

    def silence(self, proxy: Proxy) -> int:
        return self._await(proxy.silence())

    def close(self) -> None:
        if not self._loop.is_running():
            return
        for proxy in self._proxies:
            self._await(proxy.close())
        self._await(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    @staticmethod
    async def _cancel_all() -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _await(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
