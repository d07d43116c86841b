"""How often something may be done. For many threads."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Callable


class Allowance:
    """So many in any stretch of so many seconds."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        with self._lock:
            now = self._clock()
            while self._taken and self._taken[0] <= now - self._seconds:
                self._taken.popleft()
            if len(self._taken) >= self._most:
                return False
            self._taken.append(now)
            return True
