"""Ctrl-C and SIGTERM, heard once."""

from __future__ import annotations

import signal
from typing import NoReturn


def heed_interrupts() -> None:
    """From now on the first of either raises `KeyboardInterrupt` in the main thread, and those after it are passed over."""

    def leave(_number: int, _frame: object) -> NoReturn:
        # Once is enough: what comes now ends all that was started.
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    # Both by name: what a shell starts in the background ignores an interrupt otherwise.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, leave)
