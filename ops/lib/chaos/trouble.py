"""The one error of this program: the run could not go on, as opposed to a promise that was found broken."""

from __future__ import annotations

import time
from typing import Callable


class Trouble(Exception):
    """Something that the run itself leans on is not as it needs it."""


def eventually(what: str, limit: float, condition: Callable[[], bool], every: float = 0.05) -> float:
    """Asks again and again until `condition` is true. One that could not be asked (`Trouble`) is not true yet.

    Returns the seconds that it took; raises `Trouble` when it is not true within `limit` seconds.
    """
    begin = time.monotonic()
    while True:
        reason = ""
        try:
            if condition():
                return time.monotonic() - begin
        except Trouble as trouble:
            reason = f" ({trouble})"
        if time.monotonic() - begin > limit:
            raise Trouble(f"{what}: not within {limit:g} s{reason}")
        time.sleep(every)
