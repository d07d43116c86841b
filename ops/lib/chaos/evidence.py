"""What is there when all is over, read from PostgreSQL and Redis."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from .book import KINDS, Kind
from .resp import Redis, RedisRefusal
from .servers import PostgresServer
from .site import Site
from .stack import Stack
from .trouble import Trouble, eventually


@dataclass
class RedisState:
    """What Redis holds of the queues."""

    entries: int = 0
    pending: int = 0
    # Stream and name of each consumer.
    consumers: list[tuple[str, str]] = field(default_factory=list)
    # Keys of jobs that wait, failed, ran alone or were noted, of heartbeats: how many things each holds.
    left: dict[str, int] = field(default_factory=dict)

    def leaked(self, living: set[str]) -> list[str]:
        """Consumers and heartbeats of workers that do not live."""
        return [f"{stream} {name}" for stream, name in self.consumers if name not in living]


# How many things a key of a type holds.
_SIZES = {"list": "LLEN", "hash": "HLEN", "zset": "ZCARD", "set": "SCARD", "string": "STRLEN"}
# What a queue keeps although nothing waits: counters, the identity of the data, answers to repeated requests, limits.
_KEPT = ("totals", "epoch", "idempotency:", "limits", "rate:")


def look_at_redis(redis: Redis) -> RedisState:
    state = RedisState()
    # All keys of a partition carry its name in braces. What workers tell of themselves goes by itself, within seconds, and the logs
    # of runs, which are kept for a while, are no queue's.
    for key in sorted(redis.keys("*{*}:*")):
        if "{fleet}" not in key and "{run:" not in key and not key.split("}:", 1)[1].startswith(_KEPT):
            # One that went, or became another, since it was named is refused: there is nothing to tell of it.
            with contextlib.suppress(RedisRefusal):
                _look_at_key(redis, key, state)
    return state


def _look_at_key(redis: Redis, key: str, state: RedisState) -> None:
    kind = redis.call("TYPE", key)
    if kind == "stream":
        state.entries += redis.call("XLEN", key)
        for group in _maps(redis.call("XINFO", "GROUPS", key)):
            state.pending += group["pending"]
            for consumer in _maps(redis.call("XINFO", "CONSUMERS", key, group["name"])):
                state.consumers.append((key, consumer["name"]))
    elif key.endswith("}:held"):
        # How many jobs are held, workspace by workspace: the sum counts, and not whether there is a word for zero.
        state.left[key] = sum(abs(int(count)) for count in redis.call("HVALS", key))
    elif kind in _SIZES:
        size = redis.call(_SIZES[kind], key)
        # A string is one thing, however long.
        state.left[key] = min(size, 1) if kind == "string" else size


def waiting(redis: Redis) -> int:
    """Entries of all streams: what waits for a worker or is in the hands of one."""
    return sum(redis.call("XLEN", key) for key in redis.keys(kind="stream"))


def heartbeats(redis: Redis) -> list[str]:
    """Partition and worker of each heartbeat that is kept."""
    return [f"{key} {worker}" for key in sorted(redis.keys("*}:beats")) for worker in redis.call("ZRANGE", key, 0, -1)]


def _maps(reply: list) -> list[dict]:
    return [dict(zip(item[::2], item[1::2])) for item in reply]


@dataclass
class Rows:
    """Rows of one kind's table against the book."""

    accepted: int
    rows: int
    # Keys that were accepted and have no row; that have several; that have a row and were never answered 202.
    lost: list[str]
    doubled: list[str]
    unknown: list[str]
    # Keys whose row has another id than was answered.
    strange: list[str]


def compare(accepted: dict[str, set[str]], rows: list[tuple[str, str]]) -> Rows:
    """Holds what was answered (key to ids) against rows (key, id). Pure."""
    found: dict[str, list[str]] = {}
    for key, id in rows:
        found.setdefault(key, []).append(id)
    doubled = {key for key, ids in found.items() if len(ids) > 1} | {key for key, ids in accepted.items() if len(ids) > 1}
    return Rows(
        accepted=len(accepted), rows=len(rows), lost=sorted(accepted.keys() - found.keys()), doubled=sorted(doubled),
        unknown=sorted(found.keys() - accepted.keys()),
        strange=sorted(key for key, ids in found.items() if key in accepted and not accepted[key].issuperset(ids)))


def rows(site: Site, kind: Kind) -> Rows:
    accepted: dict[str, set[str]] = {}
    for job in site.book.jobs(kind):
        accepted.setdefault(job.key, set()).add(job.id)
    found = site.postgres.query(f"select {kind.column}, id from {kind.table};", limit=300)
    return compare(accepted, [(key, id) for key, id in found])


@dataclass
class Evidence:
    """All of it."""

    rows: dict[str, Rows]
    clocks: int
    outcomes_not_done: int
    outcomes_of_own: int
    dead_letters: int
    appends_not_confirmed: int
    redis: RedisState
    leaked: list[str]
    # Of jobs that were accepted during a rolling deploy: the longest wait in seconds, those tried more than once; and workers
    # that left and were declared dead all the same.
    deploy_wait: float = 0.0
    deploy_retried: int = 0
    deploy_dead: int = 0


def gather(site: Site, leaked: list[str]) -> Evidence:
    postgres = site.postgres
    evidence = Evidence(
        rows={kind.name: rows(site, kind) for kind in KINDS}, clocks=postgres.count("select count(*) from sla_clocks;"),
        outcomes_not_done=postgres.count("select count(*) from outcomes where state <> 'done';"),
        # Both kinds' rows are their outcomes: another one would be a second.
        outcomes_of_own=postgres.count(f"select count(*) from outcomes where kind in ({', '.join(repr(kind.name) for kind in KINDS)});"),
        dead_letters=postgres.count("select count(*) from dead_letters;"),
        appends_not_confirmed=postgres.count("select count(*) from append_groups;"), redis=look_at_redis(site.redis.client), leaked=leaked)
    for since, until, pids in site.deploys:
        for job in site.book.jobs():
            if since <= job.accepted_at <= until:
                wait = float("inf") if job.done_at is None else job.done_at - job.accepted_at
                evidence.deploy_wait = max(evidence.deploy_wait, wait)
                evidence.deploy_retried += job.attempts > 1
        evidence.deploy_dead += _declared_dead(postgres, since, pids)
    return evidence


def _declared_dead(postgres: PostgresServer, since: float, pids: set[int]) -> int:
    """Those of a deploy that were declared dead, then or after it."""
    # Of the old ones only: what becomes of a new one later is another fault's doing.
    listed = ",".join(str(pid) for pid in pids)
    return postgres.count(f"select count(*) from workers where pid in ({listed}) and dead_at > to_timestamp({since:.3f});")


def settle(site: Stack, limit: float) -> list[str]:
    """Waits until Redis holds consumers of living workers only, as it does when every dead one was taken over. Returns the
    others that are there at the end of `limit` seconds."""
    leaked = ["Redis or PostgreSQL did not tell"]

    def is_settled() -> bool:
        nonlocal leaked
        state, living = look_at_redis(site.redis.client), site.living()
        leaked = state.leaked(living) + [beat for beat in heartbeats(site.redis.client) if beat.rsplit(" ", 1)[1] not in living]
        owed = site.postgres.count("select count(*) from append_groups;")
        return not leaked and state.pending == 0 and state.entries == 0 and owed == 0

    try:
        eventually("Redis is settled", limit, is_settled, every=0.5)
    except Trouble:
        pass
    return leaked


# What a person asks first when something hangs.
_QUESTIONS = {
    "workers": "select id, name, pid, started_at, stopped_at, dead_at from workers order by started_at;",
    "backends": "select pid, application_name, state, wait_event_type, wait_event, xact_start, query_start, pg_blocking_pids(pid) as blocked_by, "
                "left(regexp_replace(query, '\\s+', ' ', 'g'), 120) from pg_stat_activity where usename like 'mainstay%' order by xact_start;",
    "groups not confirmed": "select id, created_at from append_groups order by created_at limit 20;",
}


def snapshot(site: Site, name: str) -> None:
    """Writes what the stores say at this moment beside the logs, for whoever looks for the cause."""
    parts = []
    for title, question in _QUESTIONS.items():
        try:
            parts.append(f"{title}\n" + "\n".join("  " + " | ".join(row) for row in site.postgres.query(question)))
        except Trouble as error:
            parts.append(f"{title}: {error}")
    try:
        state = look_at_redis(site.redis.client)
        consumers = "\n".join(f"  {stream} {worker}" for stream, worker in state.consumers)
        parts.append(f"redis: {state.entries} entries, {state.pending} pending\n{consumers}")
        parts += [f"  {key} ({size})" for key, size in state.left.items()]
    except Trouble as error:
        parts.append(f"redis: {error}")
    waiting = [job for job in site.book.jobs() if job.done_at is None]
    parts.append(f"not done: {len(waiting)}\n" + "\n".join(f"  {job.kind.name} {job.id} {job.accepted_at:.3f}" for job in waiting[:100]))
    number = len(list((site.folder / "log").glob("state-*")))
    (site.folder / "log" / f"state-{number + 1}-{name}.txt").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
