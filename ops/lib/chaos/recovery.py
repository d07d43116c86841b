"""How long a fault was felt. Pure: times in, times out.

Before a fault, over five seconds: how many jobs were done a second, and how old the oldest waiting one became. After it a moment
is *well* when the second that ends with it did at least half of that, and the oldest waiting job is as young as it was
(never asked to be younger than a second) or younger than it was a second ago: a backlog that is being worked off.
Recovery is the first moment after which three seconds were well. It is looked for from one second after the fault on: what
was over by then was not felt.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass

BEFORE = 5.0
STEP = 0.25
WINDOW = 1.0
STEADY = 3.0
YOUNG = 1.0

Times = list[tuple[float, "float | None"]]


@dataclass(frozen=True)
class Recovery:
    """Of one fault."""

    # Jobs done a second before it.
    rate: float
    # Seconds from the fault until all was well; None when it was not within what was looked at.
    seconds: float | None
    # Age of the oldest job that waited at any moment since the fault, and how many waited at most.
    oldest: float
    backlog: int

    @property
    def was_felt(self) -> bool:
        return self.seconds is None or self.seconds > WINDOW


def _backlog(times: Times, moments: list[float]) -> list[tuple[float, int]]:
    """At each moment, in order: the age of the oldest job that waits, and how many do."""
    arrivals = sorted((accepted, float("inf") if done is None else done) for accepted, done in times)
    waiting: list[tuple[float, float]] = []
    ends: list[float] = []
    found, index = [], 0
    for moment in moments:
        while index < len(arrivals) and arrivals[index][0] <= moment:
            heapq.heappush(waiting, arrivals[index])
            heapq.heappush(ends, arrivals[index][1])
            index += 1
        # Those that are done behind an older one that is not stay in the heap; the ends count them out.
        while waiting and waiting[0][1] <= moment:
            heapq.heappop(waiting)
        while ends and ends[0] <= moment:
            heapq.heappop(ends)
        found.append((moment - waiting[0][0] if waiting else 0.0, len(ends)))
    return found


def recovery(times: Times, fault: float, until: float) -> Recovery:
    """What `times` (accepted, done; None while it waits) say of a fault, looked at up to `until`.

    `times` may leave out jobs that were done more than `BEFORE` seconds before the fault.
    """
    dones = sorted(done for _, done in times if done is not None)

    def rate(moment: float, window: float) -> float:
        return (bisect_right(dones, moment) - bisect_right(dones, moment - window)) / window

    moments = [fault - BEFORE + STEP * step for step in range(int((until - fault + BEFORE) / STEP) + 1)]
    backlog = _backlog(times, moments)
    begin = int(BEFORE / STEP)
    usual = rate(fault, BEFORE)
    young = max(YOUNG, max((age for age, _ in backlog[:begin]), default=0.0))
    back, steady = int(WINDOW / STEP), int(STEADY / STEP)

    def is_well(index: int) -> bool:
        age = backlog[index][0]
        return rate(moments[index], WINDOW) >= usual / 2 and (age <= young or age < backlog[index - back][0])

    seconds, run = None, 0
    for index in range(begin + back, len(moments)):
        run = run + 1 if is_well(index) else 0
        if run == steady + 1:
            seconds = moments[index - steady] - fault
            break
    after = backlog[begin:]
    return Recovery(
        rate=usual, seconds=seconds, oldest=max((age for age, _ in after), default=0.0), backlog=max((count for _, count in after), default=0))


def is_calm(times: Times, moment: float) -> bool:
    """Whether jobs were done in the five seconds before `moment`, and none of them waited for a second."""
    moments = [moment - BEFORE + STEP * step for step in range(int(BEFORE / STEP) + 1)]
    if not any(done is not None and moments[0] < done <= moment for _, done in times):
        return False
    return all(age <= YOUNG for age, _ in _backlog(times, moments))
