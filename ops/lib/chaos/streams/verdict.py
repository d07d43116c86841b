"""What is promised of a stream, held against its story. Pure."""

from __future__ import annotations

from .acts import ACTS, act_faults
from .frames import Frame, text_of
from .story import Story
from .tale import numbers

# The promises, in the order of the table. Each finds 0, or it is broken.
ENDLESS = "streams without a terminal event"
ENDINGS = "more than one terminal event, or something behind it"
FALSE = "false completed: told as whole, and not the exact text"
DOUBLED = "doubled pieces"
MISSING = "missing or spoilt in the middle: no prefix of the exact text"
MIXED = "pieces of another stream"
ORDER = "ids that do not rise"
GAPS = "gaps told, frames of no known form"
REFUSED = "refused: the request, or a run that was accepted"
TWICE = "one key, two runs"
REPLAY = "replays that are not what was seen"
RESUMED = "resumed behind an event, and not the rest of what was seen"
LOG = "logs in Redis that are not what was seen"
PROMISES = (ENDLESS, ENDINGS, FALSE, DOUBLED, MISSING, MIXED, ORDER, GAPS, REFUSED, TWICE, *ACTS, REPLAY, RESUMED, LOG)


def faults(story: Story, is_log_lost: bool = False) -> list[tuple[str, str]]:
    """Broken promises, each with a sentence.

    - Parameter is_log_lost: the run's log and its worker were both killed, so that what was shown before was nowhere any more: then what
      is read afterwards is the end of what was seen.
    """
    name = f"stream {story.tale.number} ({story.run or 'not accepted'})"
    found = [(promise, f"{name}: {what}") for promise, what in
             _as_seen(story) + act_faults(story, is_log_lost) + _afterwards(story, is_log_lost)]
    return found


def _as_seen(story: Story) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    exact, text = story.tale.text, story.text
    if len(story.endings) == 0 and story.run:
        found.append((ENDLESS, f"{len(story.frames)} events, the last {story.frames[-1].id if story.frames else 'none'}"))
    if len(story.endings) > 1 or (story.endings and not story.is_over):
        found.append((ENDINGS, ", ".join(f"{frame.id} {frame.event}" for frame in story.endings) + f" of {story.frames[-1].id}"))
    if any(frame.event == "run.completed" for frame in story.endings) and text != exact:
        found.append((FALSE, f"{len(text)} of {len(exact)} characters"))
    told = numbers(text)
    own = [piece for tale, piece in told if tale == story.tale.number]
    if len(own) != len(set(own)):
        found.append((DOUBLED, f"{sorted({piece for piece in own if own.count(piece) > 1})[:10]}"))
    if len(own) != len(told):
        found.append((MIXED, f"{[tale for tale, _ in told if tale != story.tale.number][:5]}"))
    if not exact.startswith(text):
        found.append((MISSING, f"after {_common(exact, text)} of {len(text)} characters"))
    orders = [frame.order for frame in story.frames]
    for earlier, later in zip([(0, 0), *orders], orders):
        if later <= earlier:
            found.append((ORDER, f"{later[0]}-{later[1]} behind {earlier[0]}-{earlier[1]}"))
    found += [(GAPS, gap) for gap in story.gaps + story.strange]
    found += [(REFUSED, refusal) for refusal in story.refusals]
    if len(set(story.runs)) > 1:
        found.append((TWICE, " and ".join(sorted(set(story.runs)))))
    return found


def _afterwards(story: Story, is_log_lost: bool) -> list[tuple[str, str]]:
    if not story.is_over:
        # What followed is not known, so nothing can be held against it.
        return []
    found: list[tuple[str, str]] = []
    seen = _bytes(story.frames)

    def is_seen(frames: list[Frame]) -> bool:
        read = _bytes(frames)
        return read == seen or (is_log_lost and bool(frames) and frames[-1].is_terminal and seen.endswith(read))

    for place, frames in story.replays.items():
        if not is_seen(frames):
            found.append((REPLAY, f"{place}: {_difference(story.frames, frames)}"))
    for place, after, frames in story.resumed:
        behind = [frame for frame in story.frames if _is_behind(frame, after, story.frames)]
        if _bytes(frames) != _bytes(behind) and not (is_log_lost and _bytes(behind).endswith(_bytes(frames))):
            found.append((RESUMED, f"{place} behind {after}: {_difference(behind, frames)}"))
    # An end is committed before it is appended: a worker that dies between the two leaves a log without it.
    if story.log is not None and not is_seen(story.log) and _bytes(story.log) != _bytes(story.frames[:-1]):
        found.append((LOG, _difference(story.frames, story.log)))
    return found


def _is_behind(frame: Frame, after: str, frames: list[Frame]) -> bool:
    return frame.order > next(other.order for other in frames if other.id == after)


def _bytes(frames: list[Frame]) -> bytes:
    return b"".join(frame.raw for frame in frames)


def _difference(seen: list[Frame], read: list[Frame]) -> str:
    for index, (one, other) in enumerate(zip(seen, read)):
        if one.raw != other.raw:
            return f"event {index + 1} was {one.raw!r} and is {other.raw!r}"
    return f"{len(seen)} events were seen and {len(read)} are read; {len(text_of(seen))} characters and {len(text_of(read))}"


def _common(one: str, other: str) -> int:
    return next((index for index, (left, right) in enumerate(zip(one, other)) if left != right), min(len(one), len(other)))
