"""The faults: what is done to a running deployment. Each marks its moment with `begin`, does its harm, undoes what a supervisor
or an operator would undo, and returns what it did in a few words."""

from __future__ import annotations

import os
import signal
import time
from random import Random
from typing import Callable

from . import evidence
from .faultnames import NAMES
from .servers import Server
from .site import DRAIN, INGRESS, Site
from .trouble import Trouble, eventually

Begin = Callable[[], None]
Fault = Callable[[Site, Random, Begin], str]

# Seconds for which Redis is away.
AWAY = 30.0
# Until something that was killed is started again, as a supervisor does.
RESTART = 0.3


def _kill(site: Site, name: str, begin: Begin, asleep: float = 0) -> str:
    if asleep:
        site.fleet.signal(name, signal.SIGSTOP)
        time.sleep(asleep)
    begin()
    site.fleet.kill(name)
    time.sleep(RESTART)
    site.fleet.start(name)
    return name


def worker_kill(site: Site, chance: Random, begin: Begin) -> str:
    """Three times out of four it is stopped for a moment first: Redis hands it jobs meanwhile, and it surely dies with some."""
    name = site.workers[chance.randrange(len(site.workers))]
    return _kill(site, name, begin, asleep=0.5 if chance.random() < 0.75 else 0)


def ingress_kill(site: Site, chance: Random, begin: Begin) -> str:
    return _kill(site, INGRESS, begin)


def worker_stop(site: Site, chance: Random, begin: Begin) -> str:
    """The zombie. That others declare it dead, and that it finds out when it wakes up, is part of the promise."""
    name = site.workers[chance.randrange(len(site.workers))]
    asleep = chance.random()
    pid = site.fleet[name].pid
    # A fault before this one may have had it declared dead: then it finds out by its next trip, and takes a new id.
    eventually(f"{name} is a worker that PostgreSQL knows", 60, lambda: bool(site.identity(name)), every=0.2)
    before = site.identity(name)
    begin()
    site.fleet.signal(name, signal.SIGSTOP)
    try:
        limit = 4 * site.options.lease + 20
        took = eventually(
            f"{name}, which is stopped, is declared dead", limit,
            lambda: bool(site.postgres.value(f"select dead_at from workers where id = '{before}';")), every=0.2)
        time.sleep(asleep)
    finally:
        site.fleet.signal(name, signal.SIGCONT)
    if site.fleet[name].pid != pid:
        raise Trouble(f"{name} ended while it was stopped")
    eventually(f"{name}, which was declared dead, works under a new id", 60, lambda: site.identity(name) not in ("", before), every=0.2)
    return f"{name}, declared dead after {took:.1f} s"


def redis_kill(site: Site, chance: Random, begin: Begin) -> str:
    return _kill_server(site.redis, begin)


def redis_away(site: Site, chance: Random, begin: Begin) -> str:
    before = len(site.book.jobs())
    begin()
    site.redis.end(signal.SIGTERM)
    time.sleep(AWAY)
    accepted = len(site.book.jobs()) - before
    site.redis.start()
    if accepted == 0:
        site.broken.append("redis-away: no ticket was accepted while Redis was away")
    return f"{AWAY:.0f} s, {accepted} jobs accepted meanwhile"


def backend_kill(site: Site, chance: Random, begin: Begin) -> str:
    """PostgreSQL ends all of its backends and recovers when one is killed: shared memory may be spoilt."""
    pids = site.postgres.query(
        "select pid from pg_stat_activity where usename = 'mainstay_server' and backend_type = 'client backend' order by backend_start;")
    if not pids:
        raise Trouble("no backend serves the program")
    pid = int(pids[chance.randrange(len(pids))][0])
    begin()
    os.kill(pid, signal.SIGKILL)
    return f"one of {len(pids)}"


def postgres_kill(site: Site, chance: Random, begin: Begin) -> str:
    return _kill_server(site.postgres, begin)


def _kill_server(server: Server, begin: Begin) -> str:
    begin()
    server.kill()
    time.sleep(RESTART)
    server.start()
    return ""


def _silence(site: Site, chance: Random, begin: Begin, of_redis: bool) -> str:
    place = chance.choice([INGRESS, "work-1"])
    proxy = (site.redis_proxies if of_redis else site.postgres_proxies)[place]
    begin()
    count = site.proxies.silence(proxy)
    if count == 0:
        raise Trouble(f"{place} had no connection that could fall silent")
    return f"{place}, {count} connections"


def redis_half_open(site: Site, chance: Random, begin: Begin) -> str:
    return _silence(site, chance, begin, of_redis=True)


def postgres_half_open(site: Site, chance: Random, begin: Begin) -> str:
    return _silence(site, chance, begin, of_redis=False)


def flush(site: Site, chance: Random, begin: Begin) -> str:
    """A queue that is as good as empty has little to lose: it is paused until a second's worth of tickets waits, and emptied right
    after it was resumed."""
    site.load.hold_streams(90)
    try:
        site.command("queues", "pause", "tickets")
        try:
            eventually("tickets wait in a paused queue", 30, lambda: evidence.waiting(site.redis.client) >= site.options.rate, every=0.2)
        finally:
            site.command("queues", "resume", "tickets")
        waiting = evidence.waiting(site.redis.client)
        begin()
        site.redis.client.call("FLUSHALL")
    finally:
        site.load.release_streams()
    return f"{waiting} tickets waited"


def deploy(site: Site, chance: Random, begin: Begin) -> str:
    """For each worker a new one is started, and when it is ready the old one is asked to leave."""
    site.next_generation()
    begin()
    since, slowest, pids = time.time(), 0.0, set()
    for place, old in enumerate(site.workers):
        new = site.add_worker(place)
        site.fleet.until_ready(new)
        pids.add(site.fleet[old].pid)
        code, took = site.fleet.leave(old, DRAIN + 15)
        slowest = max(slowest, took)
        if code != 0:
            site.broken.append(f"deploy: {old} left with {'kill -9 after its time was up' if code is None else f'exit code {code}'}")
        if took > DRAIN + 5:
            site.broken.append(f"deploy: {old} took {took:.1f} s to leave, with {DRAIN} s to drain")
        site.fleet.forget(old)
        site.workers[place] = new
    site.deploys.append((since, time.time(), pids))
    return f"{len(site.workers)} workers, the slowest left in {slowest:.1f} s"


FAULTS: dict[str, Fault] = {
    "worker-kill": worker_kill, "worker-stop": worker_stop, "ingress-kill": ingress_kill, "redis-kill": redis_kill, "redis-away": redis_away,
    "redis-half-open": redis_half_open, "backend-kill": backend_kill, "postgres-kill": postgres_kill, "postgres-half-open": postgres_half_open,
    "flush": flush, "deploy": deploy,
}
assert tuple(FAULTS) == NAMES
