"""bench_drain.py PROGRAM [--jobs N] [--waiting N] [--rows N] [--runs N] : the drain rate where much is there already.

PROGRAM is ops/bench-program, and the harness's servers are up (REDIS_URL, PG* and BENCH_REDIS_PORT say where). Each run measures
the empty figure and then the others, so that a slow moment of the machine hits all; a ratio is to the empty figure of its run.

  empty     N jobs wait, the table holds nothing: the time between the first row and the last
  waiting   as many jobs wait behind them as --waiting says, and still do when the figure is taken
  rows      the table holds as many rows as --rows says

Before each figure is taken, Redis has rewritten its log and PostgreSQL has made a checkpoint.

Prints one JSON object: the figures of each run. Two workers; memory is the largest PSS of one of them while it drained.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time

WORKERS = 2
HZ = os.sysconf("SC_CLK_TCK")
# Of psql: what it would say of tables that are not there.
os.environ["PGOPTIONS"] = "-c client_min_messages=warning"
FILLER = "Since the update on Monday the export button on the invoices page spins forever and then shows error 504. Two colleagues see the same."


def say(text):
    print(text, file=sys.stderr, flush=True)


def psql(*statements):
    """Rows as text, columns parted by |, of the last statement that has any."""
    words = ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1"]
    for statement in statements:
        words += ["-c", statement]
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def redis(*words):
    return subprocess.run(["redis-cli", "-p", os.environ["BENCH_REDIS_PORT"], *words], check=True, stdout=subprocess.PIPE, text=True).stdout


def rewrite_log():
    """Lets Redis rewrite its log now, and waits for it. Filling the queue made it grow, and a rewrite that falls due in the middle
    of a figure takes one of the cores: what was measured then was how long ago the last one was."""
    redis("bgrewriteaof")
    end = time.monotonic() + 120
    while "aof_rewrite_in_progress:1" in (info := redis("info", "persistence")) or "aof_rewrite_scheduled:1" in info:
        if time.monotonic() > end:
            sys.exit("bench_drain.py: Redis did not end the rewriting of its log in two minutes")
        time.sleep(0.1)


def cpu_ticks():
    """(busy ticks of the machine, ticks by process)."""
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    by_process = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                words = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        by_process[int(entry)] = (int(words[1]), int(words[11]) + int(words[12]))
    return sum(fields) - fields[3] - fields[4], by_process


def pss_mib(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


class Watch:
    """How much of the machine others used while a figure was taken."""

    def __init__(self, ours):
        """ours: process ids whose trees are part of the measurement."""
        self.ours = ours
        self.began = time.monotonic()
        self.busy, self.processes = cpu_ticks()

    def foreign(self):
        busy, now = cpu_ticks()
        children = {}
        for pid, (parent, _) in now.items():
            children.setdefault(parent, []).append(pid)
        trees, todo = set(), list(self.ours) + [os.getpid()]
        while todo:
            pid = todo.pop()
            trees.add(pid)
            todo += children.get(pid, [])
        used = sum(now[pid][1] - self.processes.get(pid, (0, 0))[1] for pid in trees if pid in now)
        seconds = time.monotonic() - self.began
        return max(0.0, (busy - self.busy - used) / HZ / (seconds * (os.cpu_count() or 1)))


class Drain:
    def __init__(self, program):
        self.program = program
        self.number = 0

    def servers(self):
        """Process ids of the harness's redis and postgres, where its folder is known."""
        found = []
        folder = os.environ.get("BENCH_TMP", "")
        for path in (f"{folder}/redis/redis.pid", f"{folder}/pg/data/postmaster.pid"):
            try:
                with open(path, encoding="ascii") as file:
                    found.append(int(file.readline()))
            except (OSError, ValueError):
                pass
        return found

    def measure(self, jobs, behind=0):
        """Drains `jobs` jobs, with `behind` others waiting after them, and says how it went."""
        self.number += 1
        prefix = f"job{self.number:03d}"
        redis("flushall")
        subprocess.run([self.program, "bulk", str(jobs + behind), "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
        rewrite_log()
        psql("checkpoint")
        # The ids of this run and of no other: "-" and "." are neighbours.
        mine = f"id >= '{prefix}-' and id < '{prefix}.'"
        workers = [subprocess.Popen([self.program, "worker"], stdout=subprocess.DEVNULL, start_new_session=True) for _ in range(WORKERS)]
        watch = Watch([worker.pid for worker in workers] + self.servers())
        done, memory, limit = 0, 0.0, time.monotonic() + 60 + jobs / 1000
        try:
            while done < jobs and time.monotonic() < limit and all(worker.poll() is None for worker in workers):
                time.sleep(0.5)
                memory = max([memory] + [pss_mib(worker.pid) for worker in workers])
                done = int(psql(f"select count(*) from tickets where {mine}"))
            foreign = watch.foreign()
        finally:
            self.stop(workers)
        if done < jobs:
            sys.exit(f"bench_drain.py: {done} of {jobs} jobs were done, and no more came")
        rows, seconds = psql(
            f"select count(*), extract(epoch from max(written_at) - min(written_at))::float8 from tickets where {mine}"
        ).split("|")
        return {
            "jobs": int(rows), "seconds": round(float(seconds), 3), "drain_per_s": round(int(rows) / float(seconds)),
            "waiting_at_end": jobs + behind - int(rows), "worker_pss_mib": round(memory, 1), "foreign_cpu": round(foreign, 3),
        }

    @staticmethod
    def stop(workers):
        for number, patience in ((signal.SIGTERM, 25), (signal.SIGKILL, 5)):
            for worker in workers:
                if worker.poll() is None:
                    worker.send_signal(number)
            end = time.monotonic() + patience
            while time.monotonic() < end and any(worker.poll() is None for worker in workers):
                time.sleep(0.05)


def fill(rows, here):
    """A second table of the harness's shape with so many rows, under the name `tickets_full`. Its index is built at the end, and
    its ids are older than those of any run, as a table that has grown has them."""
    say(f"filling a table with {rows} rows …")
    psql(
        "drop table if exists tickets_full",
        "create table tickets_full (like tickets including defaults)",
        f"""set synchronous_commit = off; insert into tickets_full (id, workspace, subject, body, priority, created_at)
            select 'arc-' || lpad(n::text, 10, '0'), '01900000-0000-7000-8000-0000000000' || lpad(to_hex(n % 100), 2, '0'),
              'Cannot export invoices to CSV', '{FILLER}', n % 4, '2026-11-22T12:00:00Z' from generate_series(1, {rows}) n""",
        "alter table tickets_full add primary key (id)",
    )
    subprocess.run(
        ["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-v", "table=tickets_full", "-f", f"{here}/bench_tickets.sql"],
        check=True, stdout=subprocess.DEVNULL)
    psql("vacuum analyze tickets_full", "checkpoint")


def swap():
    """The two tables change names; policies, rights and indexes belong to the tables."""
    psql(
        "begin; alter table tickets rename to tickets_aside; alter table tickets_full rename to tickets; "
        "alter table tickets_aside rename to tickets_full; commit"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--waiting", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    subprocess.run([options.program, "prepare"], check=True)
    psql("truncate tickets")
    drain = Drain(options.program)
    runs = []
    if options.rows:
        fill(options.rows, os.path.dirname(os.path.abspath(__file__)))
    try:
        for number in range(options.runs):
            run = {"empty": drain.measure(options.jobs)}
            if options.waiting:
                # Half as many again: what is drained while we look must not be missing from those who wait.
                run["waiting"] = drain.measure(options.jobs, behind=options.waiting + options.jobs // 2)
            if options.rows:
                swap()
                try:
                    run["rows"] = drain.measure(options.jobs)
                finally:
                    swap()
            psql("truncate tickets")
            runs.append(run)
            say(f"  {number + 1} of {options.runs}")
    finally:
        psql("truncate tickets", "drop table if exists tickets_full")
        subprocess.run(["redis-cli", "-p", os.environ["BENCH_REDIS_PORT"], "flushall"], check=False, stdout=subprocess.DEVNULL)
    print(json.dumps({"jobs": options.jobs, "waiting": options.waiting, "rows": options.rows, "runs": runs}))


main()
