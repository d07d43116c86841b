#!/usr/bin/env python3
"""Checks ops/slo/streams.yaml (OpenSLO v1) and ops/prometheus/objectives.yml without either tool: that both parse, that each objective
has a whole indicator, that its error ratio is recorded over every window by the same queries, that budgets and alerts follow from the
targets, and that every metric they read is one that the program reports. With --self-test, also that it finds what is wrong."""

import copy
import pathlib
import re
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
SLO = "ops/slo/streams.yaml"
RULES = "ops/prometheus/objectives.yml"
# Factor of the budget's pace, long window, short window, severity.
BURNS = [("14.4", "1h", "5m", "page"), ("6", "6h", "30m", "page"), ("1", "3d", "6h", "ticket")]
WINDOWS = sorted({window for burn in BURNS for window in burn[1:3]})


def reported_metrics():
    """Names in the program's source, as Prometheus reads them: histograms have three series each."""
    code = "\n".join(path.read_text() for path in sorted((TOP / "Sources").rglob("*.swift")))
    shapes = (TOP / "Sources/mainstay/Metrics/HistogramShape.swift").read_text()
    names = set(re.findall(r'"(mainstay_[a-z0-9_]+)"', code)) | set(re.findall(r'name: "(\w+)"', shapes))
    return names | {name + end for name in re.findall(r'name: "(\w+)"', shapes) for end in ("_bucket", "_sum", "_count")}


def metrics_of(expression):
    return set(re.findall(r"\b((?:mainstay|gen_ai)_\w+)", expression))


def at(window, query):
    return query.replace("[5m]", f"[{window}]")


def objectives(documents, faults):
    """The queries and the target of each SLO, by its name."""
    services = {document["metadata"]["name"] for document in documents if document["kind"] == "Service"}
    found = {}
    for document in documents:
        name = document["metadata"]["name"]
        if document["apiVersion"] != "openslo/v1":
            faults.append(f"{SLO}: {name} is of {document['apiVersion']}, not openslo/v1")
        if document["kind"] == "Service":
            continue
        if document["kind"] != "SLO":
            faults.append(f"{SLO}: {name} is a {document['kind']}; there are Service and SLO")
            continue
        spec = document["spec"]
        if spec["service"] not in services:
            faults.append(f"{SLO}: {name} names the service {spec['service']}, which is not there")
        if spec["timeWindow"] != [{"duration": "30d", "isRolling": True}] or spec["budgetingMethod"] != "Occurrences":
            faults.append(f"{SLO}: {name} is not over a rolling 30d by occurrences, and the alerts' factors are for those")
        ratio = spec["indicator"]["spec"]["ratioMetric"]
        queries = [ratio[part]["metricSource"]["spec"]["query"] for part in ("good", "total")]
        if ratio["counter"] is not True or any("[5m]" not in query for query in queries):
            faults.append(f"{SLO}: {name} is to be a ratio of counters over [5m]")
        targets = [objective["target"] for objective in spec["objectives"]]
        if len(targets) != 1 or not 0 < targets[0] < 1:
            faults.append(f"{SLO}: {name} is to have one target between 0 and 1")
        if name in found:
            faults.append(f"{SLO}: there are two of {name}")
        found[name] = (*queries, targets[0])
    return found


def check_rules(rules, slos, faults):
    recorded, alerts = {}, {}
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                alerts[rule["alert"]] = rule
            elif (rule["record"], rule["labels"]["slo"]) in recorded:
                faults.append(f"{RULES}: {rule['record']} of {rule['labels']['slo']} is recorded twice")
            else:
                recorded[(rule["record"], rule["labels"]["slo"])] = rule["expr"]
    expected = {}
    for name, (good, total, target) in slos.items():
        expected[("slo:error_budget:ratio", name)] = f"vector({round(1 - target, 6):g})"
        for window in WINDOWS:
            expected[(f"slo:error_ratio:rate{window}", name)] = f"clamp_min(1 - {at(window, good)} / {at(window, total)}, 0)"
    for key in sorted(set(expected) | set(recorded)):
        if expected.get(key) != recorded.get(key):
            faults.append(f"{RULES}: {key[0]} of {key[1]} is {recorded.get(key)}, and {SLO} makes it {expected.get(key)}")
    wanted = {
        f"slo:error_ratio:rate{long} > on (slo) {factor} * slo:error_budget:ratio and on (slo) "
        f"slo:error_ratio:rate{short} > on (slo) {factor} * slo:error_budget:ratio": severity
        for factor, long, short, severity in BURNS
    }
    if {rule["expr"]: rule["labels"]["severity"] for rule in alerts.values()} != wanted:
        faults.append(f"{RULES}: the alerts are not those of {BURNS}")
    for name, rule in alerts.items():
        for page in re.findall(r"ops/[\w.-]+", rule["annotations"]["description"]):
            if not (TOP / page).exists():
                faults.append(f"{RULES}: {name} names {page}, which is not there")
    return " ".join(recorded.values())


def check(documents, rules, metrics):
    faults = []
    slos = objectives(documents, faults)
    expressions = check_rules(rules, slos, faults) + " ".join(part for slo in slos.values() for part in slo[:2])
    for metric in sorted(metrics_of(expressions) - metrics):
        faults.append(f"{SLO} or {RULES} reads {metric}, which no source file reports")
    return faults


def check_mounts(faults):
    """What docker-compose.yml's Prometheus is told to read is mounted there."""
    settings = yaml.safe_load((TOP / "ops/prometheus/prometheus.yml").read_text())
    volumes = yaml.safe_load((TOP / "docker-compose.yml").read_text())["services"]["prometheus"]["volumes"]
    for file in settings["rule_files"]:
        if f"./ops/prometheus/{file}:/etc/prometheus/{file}:ro" not in volumes:
            faults.append(f"ops/prometheus/prometheus.yml reads {file}, which docker-compose.yml does not mount beside it")


def self_test(documents, rules, metrics):
    """Each of these makes the files wrong in one place, and has to be found."""

    def first(kind):
        return next(index for index, document in enumerate(documents) if document["kind"] == kind)

    def query(files):
        files[0][first("SLO")]["spec"]["indicator"]["spec"]["ratioMetric"]["good"]["metricSource"]["spec"]["query"] = "sum(rate(mainstay_nothing[5m]))"

    def target(files):
        files[0][first("SLO")]["spec"]["objectives"][0]["target"] = 0.5

    def service(files):
        files[0][first("SLO")]["spec"]["service"] = "nobody"

    def window(files):
        files[1]["groups"][1]["rules"][0]["expr"] = files[1]["groups"][1]["rules"][0]["expr"].replace("[5m]", "[7m]", 1)

    def missing(files):
        del files[1]["groups"][2]["rules"][1]

    def factor(files):
        files[1]["groups"][-1]["rules"][0]["expr"] = files[1]["groups"][-1]["rules"][0]["expr"].replace("14.4", "15")

    def metric(files):
        files[2].discard("mainstay_runs_accepted_total")

    faults = []
    for mistake in (query, target, service, window, missing, factor, metric):
        files = (copy.deepcopy(documents), copy.deepcopy(rules), set(metrics))
        mistake(files)
        if not check(*files):
            faults.append(f"the self-test's mistake `{mistake.__name__}` is not found")
    return faults


def main():
    documents = list(yaml.safe_load_all((TOP / SLO).read_text()))
    rules = yaml.safe_load((TOP / RULES).read_text())
    metrics = reported_metrics()
    faults = check(documents, rules, metrics)
    check_mounts(faults)
    if "--self-test" in sys.argv[1:]:
        faults += self_test(documents, rules, metrics)
    for text in faults:
        print(f"check_objectives: {text}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
