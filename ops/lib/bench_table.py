"""bench_table.py [--json] [--check] --targets FILE FOLDER : what ops/bench measured, as a table or as JSON, beside the targets.

FOLDER holds what the parts wrote: engine.jsonl and c.jsonl (the harness's runs of the engine and of the C program, a line each,
in pairs), drain.json, http.json, fairness.json, directory.json and streams.json. What is missing was not measured. With --check a target that is missed, or
that was not measured, is exit code 1.
"""

import argparse
import json
import os
import statistics
import sys

# Above this share of the machine something else was running.
DISTURBED = 0.1

# Key: what people read.
NAMES = {
    "drain_per_s": "drain, jobs/s",
    "c_drain_per_s": "drain of the C program, jobs/s",
    "drain_ratio": "drain, ratio to the C program",
    "cpu_us": "CPU of a job, µs",
    "cpu_us_worker": "  workers",
    "cpu_us_redis": "  redis",
    "cpu_us_pg": "  postgres",
    "c_cpu_us": "CPU of a job of the C program, µs",
    "cpu_ratio": "CPU of a job, ratio to the C program",
    "bulk_per_s": "enqueue in bulk, jobs/s",
    "enq_per_s": "enqueue one by one, jobs/s",
    "idle_p50_ms": "idle latency p50, ms",
    "idle_p99_ms": "idle latency p99, ms",
    "c_idle_p50_ms": "idle latency of the C program p50, ms",
    "c_idle_p99_ms": "idle latency of the C program p99, ms",
    "idle_p50_ratio": "idle latency p50, ratio to the C program",
    "workers_mib": "memory of both workers (PSS), MiB",
    "empty_per_s": "drain with nothing there, jobs/s",
    "waiting_per_s": "drain with many waiting, jobs/s",
    "waiting_ratio": "drain with many waiting, ratio to nothing there",
    "waiting_left": "jobs that still waited then",
    "waiting_worker_mib": "memory of a worker with many waiting (PSS), MiB",
    "rows_per_s": "drain into a large table, jobs/s",
    "rows_ratio": "drain into a large table, ratio to nothing there",
    "http_empty_per_s": "empty route, requests/s",
    "http_post_per_s": "post to the empty route's server, requests/s",
    "http_stream_per_s": "enqueue over HTTP by the stream, requests/s",
    "http_ledger_per_s": "enqueue over HTTP by the ledger, requests/s",
    "http_profile_per_s": "build profiles over HTTP, requests/s",
    "http_post_ratio": "post to the empty route's server, ratio to the empty route",
    "http_stream_ratio": "enqueue over HTTP by the stream, ratio to the empty route",
    "http_ledger_ratio": "enqueue over HTTP by the ledger, ratio to the empty route",
    "http_profile_ratio": "build profiles over HTTP, ratio to the empty route",
    "http_stream_p99_ms": "enqueue over HTTP by the stream, p99, ms",
    "http_ledger_p99_ms": "enqueue over HTTP by the ledger, p99, ms",
    "fairness_alone_ms": "a few jobs alone, ms",
    "fairness_crowded_ms": "a few jobs in another workspace's flood, ms",
    "fairness_ratio": "a few jobs in another's flood, ratio to alone",
    "stream_ttft_added_p50_ms": "time to first token that is added, 50 streams, p50, ms",
    "stream_ttft_added_p99_ms": "time to first token that is added, 50 streams, p99, ms",
    "stream_token_added_p50_ms": "delay of a token that is added, 50 streams, p50, ms",
    "stream_token_added_p99_ms": "delay of a token that is added, 50 streams, p99, ms",
    "stream_alone_ttft_added_p50_ms": "time to first token that is added, one stream, p50, ms",
    "stream_alone_token_added_p50_ms": "delay of a token that is added, one stream, p50, ms",
    "stream_tokens_per_s": "tokens/s through Mainstay, 50 streams as fast as they can",
    "stream_direct_tokens_per_s": "tokens/s of the provider asked directly",
    "stream_errors": "streams that were not whole",
    "stream_many": "streams at once with 20 tokens/s each, as many as were asked for",
    "stream_many_errors": "of twice as many such streams, not whole",
    "stream_many_token_p99_ms": "of those, a token's way from provider to client, p99, ms",
    "stream_idle_open": "idle streams open in one ingress",
    "stream_idle_kib": "an ingress's memory for an idle stream, KiB",
    "stream_resume_p99_ms": "resuming: to the first replayed byte, p99, ms",
    "directory_listing_p99_ms": "listings of 100,000 agents, the slowest kind, p99, ms",
    "directory_search_p99_ms": "searches among 100,000 agents, the slowest kind, p99, ms",
    "directory_depth_ratio": "page 2,000 of the newest agents p50, ratio to the first page",
}

# What mainstay bench directory asks for: what people read, and which of the two targets its p99 belongs to.
DIRECTORY = {
    "newest": ("newest agents, first page", "listing"),
    "newest-page-100": ("newest agents, page 100", "listing"),
    "newest-page-2000": ("newest agents, page 2,000", "listing"),
    "most-forked": ("most forked agents", "listing"),
    "tag": ("agents with a tag", "listing"),
    "plugin": ("agents with a plugin", "listing"),
    "owner": ("agents of an owner", "listing"),
    "updated-since": ("agents updated since a time", "listing"),
    "rare-word": ("search, a word of one agent", "search"),
    "common-word": ("search, a frequent word", "search"),
    "two-words": ("search, two words", "search"),
    "phrase": ("search, two words in quotes", "search"),
    "typo-letter": ("search, a wrong letter", "search"),
    "typo-swap": ("search, two letters swapped", "search"),
    "facets": ("search with facets", "search"),
    "agent": ("an agent", None),
    "versions": ("versions of an agent", None),
    "difference": ("difference of two versions", None),
    "page-agents": ("page of agents", "listing"),
    "page-search": ("page of a search", "search"),
    "page-agent": ("page of an agent", None),
    "fork": ("fork, from request to outcome", None),
}


def directory_key(request, figure):
    return f"directory_{request.replace('-', '_')}_{figure}_ms"


for kind, (words, _) in DIRECTORY.items():
    for percentile in ("p50", "p99"):
        NAMES[directory_key(kind, percentile)] = f"{words}, {percentile}, ms"


def ratio(one, other):
    return round(one / other, 3) if one is not None and other else None


def pairs(engine, limit):
    """Figures of the engine's run and of the C program's beside it."""
    drain, c_drain = engine.get("drain", {}), limit.get("drain", {})
    latency, c_latency = engine.get("latency", {}), limit.get("latency", {})
    cpu, c_cpu = drain.get("cpu_us_per_job", {}), c_drain.get("cpu_us_per_job", {})
    total = round(sum(cpu.values()), 1) if cpu else None
    c_total = round(sum(c_cpu.values()), 1) if c_cpu else None
    return {
        "drain_per_s": drain.get("drain_per_s"), "c_drain_per_s": c_drain.get("drain_per_s"),
        "drain_ratio": ratio(drain.get("drain_per_s"), c_drain.get("drain_per_s")),
        "cpu_us": total, "cpu_us_worker": cpu.get("worker"), "cpu_us_redis": cpu.get("redis"), "cpu_us_pg": cpu.get("pg"),
        "c_cpu_us": c_total, "cpu_ratio": ratio(total, c_total),
        "bulk_per_s": engine.get("bulk_per_s"), "enq_per_s": engine.get("enq_per_s"),
        "idle_p50_ms": latency.get("p50_ms"), "idle_p99_ms": latency.get("p99_ms"),
        "c_idle_p50_ms": c_latency.get("p50_ms"), "c_idle_p99_ms": c_latency.get("p99_ms"),
        "idle_p50_ratio": ratio(latency.get("p50_ms"), c_latency.get("p50_ms")),
        "workers_mib": drain.get("pss_mib"),
        "disturbed": max(drain.get("foreign_cpu", 0), c_drain.get("foreign_cpu", 0)) > DISTURBED,
    }


def variants(run):
    """Figures of one run of bench_drain.py."""
    empty, waiting, rows = run["empty"], run.get("waiting", {}), run.get("rows", {})
    return {
        "empty_per_s": empty["drain_per_s"],
        "waiting_per_s": waiting.get("drain_per_s"), "waiting_ratio": ratio(waiting.get("drain_per_s"), empty["drain_per_s"]),
        "waiting_left": waiting.get("waiting_at_end"), "waiting_worker_mib": waiting.get("worker_pss_mib"),
        "rows_per_s": rows.get("drain_per_s"), "rows_ratio": ratio(rows.get("drain_per_s"), empty["drain_per_s"]),
        "disturbed": max(part.get("foreign_cpu", 0) for part in (empty, waiting, rows)) > DISTURBED,
    }


def http(answer):
    """The medians that `mainstay bench http --json` found; its runs stand in its own output."""
    found = {}
    for row in answer["rows"]:
        found[f"http_{row['route']}_per_s"] = row["requests_per_s"]
        if row["route"] != "empty":
            found[f"http_{row['route']}_ratio"] = row["of_empty"]
            found[f"http_{row['route']}_p99_ms"] = row["p99_ms"]
    return found


def fairness(row):
    return {"fairness_alone_ms": row["alone_ms"], "fairness_crowded_ms": row["in_the_flood_ms"], "fairness_ratio": row["ratio"]}


def directory(answer):
    """The medians that `mainstay bench directory --json` found; its runs stand in its own output."""
    rows = {row["request"]: row for row in answer["rows"]}
    found = {directory_key(request, figure): row[f"{figure}_ms"] for request, row in rows.items() for figure in ("p50", "p99")}
    for group in ("listing", "search"):
        slowest = [rows[request]["p99_ms"] for request, (_, target) in DIRECTORY.items() if target == group and request in rows]
        if slowest:
            found[f"directory_{group}_p99_ms"] = max(slowest)
    first, deep = rows.get("newest", {}), rows.get("newest-page-2000", {})
    found["directory_depth_ratio"] = ratio(deep.get("p50_ms"), first.get("p50_ms"))
    return found


def streams(run):
    """One run of bench_streams.py. What is added is the difference of two percentiles, which is not that of a difference."""
    direct = {(line["gap_ms"], line["concurrency"]): line for line in run["direct"]}
    through = {(line["gap_ms"], line["concurrency"]): line for line in run["through"]}

    def added(case, figure, percentile):
        return round(through[case][figure][percentile] - direct[case][figure][percentile], 3)

    paced, alone, fast = (5, 50), (5, 1), (0, 50)
    return {
        "stream_ttft_added_p50_ms": added(paced, "ttft_ms", "p50"), "stream_ttft_added_p99_ms": added(paced, "ttft_ms", "p99"),
        "stream_token_added_p50_ms": added(paced, "transit_ms", "p50"), "stream_token_added_p99_ms": added(paced, "transit_ms", "p99"),
        "stream_alone_ttft_added_p50_ms": added(alone, "ttft_ms", "p50"), "stream_alone_token_added_p50_ms": added(alone, "transit_ms", "p50"),
        "stream_tokens_per_s": through[fast]["tok_per_s"], "stream_direct_tokens_per_s": direct[fast]["tok_per_s"],
        "stream_errors": sum(line["errors"] for line in through.values()),
        "stream_many": run["many"]["concurrency"], "stream_many_errors": run["many"]["errors"],
        "stream_many_token_p99_ms": run["many"]["transit_ms"]["p99"],
        "stream_idle_open": run["idle"]["open"], "stream_idle_kib": run["idle"]["kib_each"],
        "stream_resume_p99_ms": max(found["p99"] for found in run["resume"].values()),
    }


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.startswith("{")]


def runs_of(folder):
    """Figures run by run; the parts stand one after the other, each with runs of its own."""
    found = [pairs(engine, limit) for engine, limit in zip(lines(f"{folder}/engine.jsonl"), lines(f"{folder}/c.jsonl"))]
    for answer in lines(f"{folder}/drain.json"):
        found += [variants(run) for run in answer["runs"]]
    found += [http(answer) for answer in lines(f"{folder}/http.json")]
    for answer in lines(f"{folder}/fairness.json"):
        found += [fairness(row) for row in answer["rows"] if row["run"] != "median"]
    found += [directory(answer) for answer in lines(f"{folder}/directory.json")]
    for answer in lines(f"{folder}/streams.json"):
        found += [streams(run) for run in answer["runs"]]
    return [{key: value for key, value in run.items() if value is not None} for run in found]


def judged(target, found):
    """True, False, or None where the figure is not there."""
    if found is None:
        return None
    return found >= target.get("at_least", found) and found <= target.get("at_most", found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--targets", required=True)
    parser.add_argument("folder")
    options = parser.parse_args()
    runs = runs_of(options.folder)
    if not runs:
        sys.exit("ops/bench: no run came to its end")
    with open(options.targets, encoding="utf-8") as file:
        targets = json.load(file)
    medians = {}
    for key in NAMES:
        values = [run[key] for run in runs if key in run]
        if values:
            medians[key] = round(statistics.median(values), 3)
    verdicts = [dict(target, found=medians.get(target["figure"]), passed=judged(target, medians.get(target["figure"]))) for target in targets]

    if options.json:
        print(json.dumps({"version": 2, "medians": medians, "targets": verdicts, "runs": runs}, ensure_ascii=False))
    else:
        width = max(len(NAMES[key]) for key in medians)
        print(f"{'':{width}}  {'median':>10}  each run (! disturbed by others)")
        for key, median in medians.items():
            each = "  ".join(f"{run[key]:g}{'!' if run.get('disturbed') else ''}" for run in runs if key in run)
            print(f"{NAMES[key]:{width}}  {median:>10g}  {each}")
        print()
        for verdict in verdicts:
            word = {True: "PASS", False: "FAIL", None: "–"}[verdict["passed"]]
            bound = f"at least {verdict['at_least']:g}" if "at_least" in verdict else f"at most {verdict['at_most']:g}"
            aim = f", aim {verdict['aim']:g}" if "aim" in verdict else ""
            found = "not measured" if verdict["found"] is None else f"{verdict['found']:g}"
            print(f"{word:4}  {NAMES[verdict['figure']]:{width}}  {found:>12}  {bound}{aim}")
    if options.check and not all(verdict["passed"] for verdict in verdicts):
        sys.exit(1)


main()
