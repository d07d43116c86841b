"""bench_table.py [--json] FILE : medians of the harness's runs, one JSON object a line in FILE, as a table or as JSON."""

import json
import statistics
import sys

# Above this share of the machine something else was running.
DISTURBED = 0.1


def figures(run):
    """What one run says, by name; nothing for what it did not measure."""
    drain, latency = run.get("drain", {}), run.get("latency", {})
    cpu = drain.get("cpu_us_per_job", {})
    found = {
        "drain, jobs/s": drain.get("drain_per_s"),
        "drain of the C program, jobs/s": run.get("c_limit_drain_per_s"),
        "ratio to the C program": run.get("ratio_of_limit"),
        "CPU of a job, µs": round(sum(cpu.values()), 1) if cpu else None,
        "  workers": cpu.get("worker"),
        "  redis": cpu.get("redis"),
        "  postgres": cpu.get("pg"),
        "enqueue in bulk, jobs/s": run.get("bulk_per_s"),
        "enqueue one by one, jobs/s": run.get("enq_per_s"),
        "idle latency p50, ms": latency.get("p50_ms"),
        "idle latency p99, ms": latency.get("p99_ms"),
        "memory of both workers (PSS), MiB": drain.get("pss_mib"),
    }
    return {name: value for name, value in found.items() if value is not None}


def disturbed(run):
    return max(run.get("drain", {}).get("foreign_cpu", 0), run.get("c_limit_foreign_cpu", 0)) > DISTURBED


def main(arguments):
    as_json = "--json" in arguments
    path = [word for word in arguments if word != "--json"][0]
    with open(path, encoding="utf-8") as file:
        runs = [json.loads(line) for line in file if line.startswith("{")]
    if not runs:
        sys.exit("ops/bench: no run came to its end")
    table = [figures(run) for run in runs]
    medians = {name: statistics.median(row[name] for row in table if name in row) for name in table[0]}
    if as_json:
        print(json.dumps({"version": 1, "medians": medians, "runs": runs}, ensure_ascii=False))
        return
    width = max(len(name) for name in medians)
    print(f"{'':{width}}  {'median':>10}  each run")
    for name, median in medians.items():
        each = "  ".join(f"{row[name]:g}{'!' if disturbed(run) else ''}" for row, run in zip(table, runs) if name in row)
        print(f"{name:{width}}  {median:>10g}  {each}")


main(sys.argv[1:])
