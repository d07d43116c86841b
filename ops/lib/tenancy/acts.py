"""What each role does, and how often beside the rest."""

from __future__ import annotations

from typing import Callable

from .acts_agents import deprecate, draft, fork, import_agent, publish_agent, read_character, read_listing, report, search
from .acts_compatible import chat, look_at_models, respond, respond_later, say
from .acts_leaving import follow_withdrawals, rename, withdraw
from .acts_memory import forget, remember, remember_by_run, search_memories
from .acts_people import export, make_token, overreach, read_list, read_own, welcome
from .acts_settings import bring_key, look_at_usage, set_budget
from .acts_tools import answer_call, list_tools, use_tool
from .acts_work import close_ticket, open_ticket, open_tickets_by_lines, reply, start_run, submit_profile
from .probes import probe
from .user import User

Act = Callable[[User], None]

READS: list[tuple[Act, float]] = [
    (search, 3), (read_listing, 4), (read_list, 4), (read_own, 5), (probe, 3), (overreach, 0.5),
    (search_memories, 1), (read_character, 1), (look_at_models, 0.5), (look_at_usage, 0.5), (list_tools, 0.3), (follow_withdrawals, 0.3),
]
WRITES: list[tuple[Act, float]] = [
    (open_ticket, 4), (open_tickets_by_lines, 0.7), (reply, 3), (close_ticket, 1), (start_run, 3), (submit_profile, 3), (import_agent, 2),
    (publish_agent, 2), (draft, 0.6), (withdraw, 0.5), (rename, 0.5), (deprecate, 0.4), (fork, 3), (report, 0.4),
    (remember, 1.5), (forget, 0.7), (remember_by_run, 0.7), (use_tool, 1), (answer_call, 0.7),
    (chat, 0.8), (say, 0.8), (respond, 1), (respond_later, 0.8),
]
PEOPLE: list[tuple[Act, float]] = [(make_token, 0.7), (welcome, 0.7)]
ALL: list[tuple[Act, float]] = [(export, 0.3), (bring_key, 1.5), (set_budget, 1)]


def acts(role: str) -> list[tuple[Act, float]]:
    if role == "viewer":
        return READS
    if role == "member":
        return READS + WRITES
    return READS + WRITES + PEOPLE + (ALL if role == "owner" else [])
