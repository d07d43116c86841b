"""Rows against what was accepted: nothing lost, nothing twice, nothing in another workspace, and no rows that nobody asked for."""

from __future__ import annotations

from dataclasses import dataclass

from chaos.evidence import Rows, compare
from chaos.servers import PostgresServer

from .journal import (
    AGENT, APPEAL, BUDGET, CANCELLATION, CLOSING, CREDENTIAL, FORK, INVITATION, LISTING, MEMBER, MEMORY, MEMORY_WRITE, NOTICE, PROFILE, PUBLICATION,
    REPLY, REPORT, RUN, STATEMENT, TICKET, TOKEN, TOOL, TOOL_RESULT, TURN, VERIFICATION, VERSION, Journal,
)
from .text import PLUGINS, PROCESSES


@dataclass(frozen=True)
class Kind:
    """Something that users make, and where it has to be found."""

    name: str
    # The kinds of the journal whose things are meant, and whether they are looked for by their ids and not by their marks.
    accepted: tuple[str, ...]
    table: str
    # Workspace, mark and id of each row.
    rows: str
    by_id: bool = False


def _by_id(name: str, accepted: tuple[str, ...], table: str, where: str = "true") -> Kind:
    return Kind(name, accepted, table, f"select workspace_id, id::text, id from {table} where {where}", by_id=True)


# Rows that count. Operators' tokens lie in a workspace and belong to none.
WHERE = {"tokens": "operator_id is null"}

KINDS = (
    Kind(TICKET, (TICKET,), "tickets", "select workspace_id, subject, id from tickets"),
    Kind(REPLY, (REPLY,), "ticket_replies", "select workspace_id, body, id from ticket_replies"),
    _by_id(CLOSING, (CLOSING,), "tickets", "state = 'closed'"),
    Kind(PROFILE, (PROFILE,), "build_profiles", "select workspace_id, command, id from build_profiles"),
    # Runs of the endpoint that takes no notes of the caller's are known by their ids.
    Kind(RUN, (RUN,), "runs", "select workspace_id, coalesce(metadata ->> 'mark', id::text), id from runs where state <> 'running'"),
    _by_id("outcome of a run", (RUN,), "outcomes", "kind = 'run.execute'"),
    _by_id(CANCELLATION, (CANCELLATION,), "run_cancellations"),
    Kind(FORK, (FORK,), "agents", "select workspace_id, name, id from agents where forked_from_agent is not null"),
    _by_id("outcome of a fork", (FORK,), "outcomes", "kind = 'agent.fork' and state = 'done'"),
    Kind(AGENT, (AGENT,), "agents", "select workspace_id, name, id from agents where forked_from_agent is null"),
    Kind(VERSION, (VERSION,), "agent_versions",
         "select v.workspace_id, a.name || ' ' || v.number::text, v.agent_id from agent_versions v "
         "join agents a on a.workspace_id = v.workspace_id and a.id = v.agent_id"),
    Kind(PUBLICATION, (PUBLICATION,), "published_versions",
         "select workspace_id, agent_id::text || ' ' || version, agent_id from published_versions"),
    Kind(LISTING, (LISTING,), "published_agents", "select workspace_id, name, agent_id from published_agents"),
    _by_id(TOKEN, (TOKEN,), "tokens", WHERE["tokens"]), _by_id(INVITATION, (INVITATION,), "invitations"), _by_id(MEMBER, (MEMBER,), "members"),
    Kind(REPORT, (REPORT,), "agent_reports",
         "select encode(reporter, 'hex')::uuid, text, id from agent_reports where is_identified"),
    # Whoever has a fork of a removed agent is told by a job, which nobody has asked for.
    _by_id("acceptance", (TICKET, FORK), "acceptances", "kind <> 'agent.notice'"),
    Kind(MEMORY, (MEMORY,), "memories", "select workspace_id, content, id from memories"),
    _by_id(MEMORY_WRITE, (MEMORY_WRITE,), "memory_events"),
    Kind(TOOL, (TOOL,), "tools", "select workspace_id, name, id from tools"),
    Kind(TOOL_RESULT, (TOOL_RESULT,), "run_tool_calls", "select workspace_id, output, run_id from run_tool_calls where output is not null"),
    _by_id(TURN, (TURN,), "run_turns"),
    Kind(CREDENTIAL, (CREDENTIAL,), "provider_credentials", "select workspace_id, provider, provider from provider_credentials"),
    _by_id(BUDGET, (BUDGET,), "run_budgets"), _by_id(STATEMENT, (STATEMENT,), "agent_statements"),
    _by_id(VERIFICATION, (VERIFICATION,), "owner_verifications"),
    Kind(APPEAL, (APPEAL,), "agent_appeals", "select workspace_id, text, id from agent_appeals"),
    Kind(NOTICE, (NOTICE,), "agent_notices", "select workspace_id, agent_id::text, agent_id from agent_notices"),
)

# Tables whose rows follow from others': so many for each thing of a kind.
FOLLOWING = {"sla_clocks": (TICKET, 2), "build_steps": (PROFILE, PROCESSES), "plugins": (VERSION, PLUGINS)}
# Tables in which there may be any number of rows: keys of requests, a step of each run that reached a model, what runs used by day and
# token, bodies that were large.
FREE = {"idempotency_keys", "run_steps", "run_usage", "job_bodies"}


@dataclass
class Counts:
    """What was found."""

    kinds: dict[str, Rows]
    # Table to workspace to rows, of all tables that have rows of workspaces.
    tables: dict[str, dict[str, int]]
    # Sentences: rows that follow from others', too many or too few; rows of tables in which there should be none.
    following: list[str]
    unexpected: list[str]
    outcomes_not_done: int
    dead_letters: int
    appends_not_confirmed: int


def accepted(journal: Journal, kind: Kind) -> dict[str, set[str]]:
    """Key to ids, as `compare` wants it: the key names the workspace too."""
    found: dict[str, set[str]] = {}
    for name in kind.accepted:
        for key, ids in journal.accepted.get(name, {}).items():
            if not kind.by_id:
                found.setdefault(key, set()).update(ids)
                continue
            for id in ids:
                found.setdefault(f"{key.split(' ', 1)[0]} {id}", set()).add(id)
    return found


def rows(postgres: PostgresServer, kind: Kind) -> list[tuple[str, str]]:
    found = postgres.query(
        f"select coalesce(w.slug, r.workspace_id::text) || ' ' || r.mark, r.id from ({kind.rows}) as r (workspace_id, mark, id) "
        "left join workspaces w on w.id = r.workspace_id;", limit=300)
    return [(key, id) for key, id in found]


def tables(postgres: PostgresServer) -> dict[str, dict[str, int]]:
    """Rows by table and workspace, of every table of the catalogue that has a workspace's rows."""
    names = [row[0] for row in postgres.query(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped "
        "where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1;")]
    counted: dict[str, dict[str, int]] = {name: {} for name in names}
    script = "".join(
        f"select '{name}', coalesce(w.slug, t.workspace_id::text), count(*) from \"{name}\" t left join workspaces w on w.id = t.workspace_id "
        f"where {WHERE.get(name, 'true')} group by 2;\n" for name in names)
    for name, workspace, count in postgres.query(script, limit=300):
        counted[name][workspace] = int(count)
    return counted


def following(journal: Journal, counted: dict[str, dict[str, int]], slugs: list[str]) -> list[str]:
    """Pure: tables whose rows follow from others', workspace by workspace."""
    found = []
    for name, (kind, each) in FOLLOWING.items():
        for slug in slugs:
            there, promised = counted.get(name, {}).get(slug, 0), each * journal.count(kind, slug)
            if there != promised:
                found.append(f"{name} of {slug}: {there} rows, and {promised} follow from its {journal.count(kind, slug)} × {kind}")
    return found


def unexpected(counted: dict[str, dict[str, int]], slugs: list[str]) -> list[str]:
    """Pure: rows of tables that no act of a user fills, and rows of workspaces that take no part."""
    known = {kind.table for kind in KINDS} | FOLLOWING.keys() | FREE
    found = [f"{name}: {sum(by.values())} rows, and counts.py says of none" for name, by in counted.items() if by and name not in known]
    return found + [f"{name}: {count} rows of {slug}" for name, by in counted.items() for slug, count in by.items() if slug not in slugs]


def count(postgres: PostgresServer, journal: Journal, slugs: list[str]) -> Counts:
    counted = tables(postgres)
    return Counts(
        kinds={kind.name: compare(accepted(journal, kind), rows(postgres, kind)) for kind in KINDS}, tables=counted,
        following=following(journal, counted, slugs), unexpected=unexpected(counted, slugs),
        # A run that somebody cancelled has an outcome that says so.
        outcomes_not_done=postgres.count(
            "select count(*) from outcomes where state <> 'done' and not (kind = 'run.execute' and state = 'cancelled');"),
        dead_letters=postgres.count("select count(*) from dead_letters;"),
        appends_not_confirmed=postgres.count("select count(*) from append_groups;"))


def are_there(postgres: PostgresServer, journal: Journal) -> bool:
    """Whether there are as many of everything that workers write as were accepted; not yet whether they are the right ones."""
    wanted = {"tickets": TICKET, "build_profiles": PROFILE, "runs where state <> 'running'": RUN, "agents where forked_from_agent is not null": FORK,
              "agent_notices": NOTICE}
    return all(postgres.count(f"select count(*) from {table};") >= journal.count(kind) for table, kind in wanted.items())
