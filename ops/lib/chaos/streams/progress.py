"""How far each stream is, for whoever waits for a point of one."""

from __future__ import annotations

import threading


class Progress:
    """For many threads."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._shown: dict[int, int] = {}
        self._ended: set[int] = set()
        self._is_over = False

    def shown(self, stream: int, pieces: int) -> None:
        """The client of a stream has so many pieces."""
        with self._news:
            self._shown[stream] = pieces
            self._news.notify_all()

    def ended(self, stream: int) -> None:
        with self._news:
            self._ended.add(stream)
            self._news.notify_all()

    def over(self) -> None:
        """No stream is under way any more, and none will be."""
        with self._news:
            self._is_over = True
            self._news.notify_all()

    @property
    def count(self) -> int:
        """Streams that have ended."""
        with self._news:
            return len(self._ended)

    def wait(self, stream: int, pieces: int) -> bool:
        """Returns when a stream has shown so many pieces or has ended: true, or false when all is over."""
        with self._news:
            self._news.wait_for(lambda: self._is_over or stream in self._ended or self._shown.get(stream, -1) >= pieces)
            return not self._is_over
