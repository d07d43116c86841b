"""What is promised of tool calls, their results and the memories that they write, held against a stream's story. Pure."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .calls import SEARCH, WRITE, Call
from .frames import Frame

if TYPE_CHECKING:
    from .story import Story

CALLS = "tool calls doubled, missing, or not made of their very fragments"
RESULTS = "tool results doubled, missing, or not what the tool came to"
MEMORIES = "memories told twice, told and not stored, or stored and not told"
ACTS = (CALLS, RESULTS, MEMORIES)


@dataclass(frozen=True)
class Written:
    """A row of `memory_events`."""

    event: str
    memory: str
    # Memories of the workspace with this content.
    alike: int


def act_faults(story: Story, is_log_lost: bool = False) -> list[tuple[str, str]]:
    """Broken promises, each with a sentence.

    - Parameter is_log_lost: what was told of memories was nowhere any more when the run ended: then they are told once more, as the same events.
    """
    is_whole = any(frame.event == "run.completed" for frame in story.endings)
    found = [(CALLS, fault) for fault in _calls(story, is_whole)]
    found += [(RESULTS, fault) for fault in _results(story, is_whole)]
    found += [(MEMORIES, fault) for fault in _memories(story, is_whole, is_log_lost)]
    return found


def _told(story: Story, event: str) -> list[Frame]:
    return [frame for frame in story.frames if frame.event == event]


def _calls(story: Story, is_whole: bool) -> list[str]:
    calls, faults = dict(enumerate(story.tale.calls)), []
    fragments: dict[Any, str] = {}
    for frame in _told(story, "tool_call.delta"):
        index = frame.json.get("index")
        fragments[index] = fragments.get(index, "") + str(frame.json.get("arguments"))
    for index, text in fragments.items():
        # Of a call that was cut only the beginning was told.
        if index not in calls or not calls[index].arguments.startswith(text):
            faults.append(f"fragments of call {index} are no beginning of it: {text!r}")
    whole = [frame.json for frame in _told(story, "tool_call.completed")]
    for told in whole:
        call = calls.get(told.get("index"))
        if call is None or (told.get("id"), told.get("name"), told.get("arguments")) != (call.id, call.name, call.arguments):
            faults.append(f"call {told.get('index')} was told as {told}")
        elif fragments.get(told.get("index")) != call.arguments:
            faults.append(f"fragments of call {call.id} came to {fragments.get(told.get('index'))!r}")
    return faults + _once("call", [str(told.get("index")) for told in whole], [str(index) for index in calls], is_whole)


def _results(story: Story, is_whole: bool) -> list[str]:
    calls, faults = {call.id: call for call in story.tale.calls}, []
    told = [frame.json for frame in _told(story, "tool.result")]
    for result in told:
        call = calls.get(str(result.get("id")))
        if call is None or result.get("name") != call.name or result.get("is_error") or not _is_result(call, str(result.get("output")), story):
            faults.append(f"a result that is not the call's: {result}")
    return faults + _once("the result of", [str(result.get("id")) for result in told], list(calls), is_whole)


def _is_result(call: Call, output: str, story: Story) -> bool:
    if call.is_clients:
        # Of results for one call the first counts.
        return output == call.output
    try:
        value = json.loads(output)
    except ValueError:
        return False
    if call.name == SEARCH:
        return isinstance(value.get("memories"), list)
    return value.get("id") in {frame.json.get("memory") for frame in _told(story, "memory.written") if frame.json.get("content") == call.content}


def _memories(story: Story, is_whole: bool, is_log_lost: bool) -> list[str]:
    contents = [call.content for call in story.tale.calls if call.name == WRITE]
    told = [frame.json for frame in _told(story, "memory.written")]
    if is_log_lost:
        told = list({str(write.get("event")): write for write in told}.values())
    faults = _once("the memory", [str(write.get("content")) for write in told], contents, is_whole)
    faults += [f"the memory {write} is nobody's" for write in told if write.get("content") not in contents]
    # What its client found when it was told of it; nothing where no ingress answered.
    seen = story.memories
    for write in told:
        memory = str(write.get("memory"))
        if memory in seen and seen[memory] != write.get("content"):
            faults.append(f"the memory {memory} was told of and read as {seen[memory]!r}")
    if story.rows is None or not story.is_over:
        return faults
    events = [str(write.get("event")) for write in told]
    rows = {row.event: row for row in story.rows}
    faults += [f"the write {event} is in no row" for event in events if event not in rows]
    for row in story.rows:
        if row.event not in events:
            faults.append(f"the write {row.event} is in a row, and was not told")
        if row.alike != 1:
            faults.append(f"the write {row.event} made {row.alike} memories")
    return faults


def _once(what: str, told: list[str], wanted: list[str], is_whole: bool) -> list[str]:
    """Nothing comes twice, and nothing is missing in what is whole."""
    counts = Counter(told)
    faults = [f"{what} {name} came {count} times" for name, count in counts.items() if count > 1]
    return faults + [f"{what} {name} is missing" for name in wanted if is_whole and not counts[name]]
