#!/usr/bin/env python3
"""Checks ops/kubernetes without a cluster: that all of it parses and has its apiVersion, kind and name; that every ConfigMap, Secret,
Service, Deployment, port and file it names is there; that subcommands, settings, queues, probes and metrics are the program's own; that
a pod is given longer than it drains; that an autoscaler takes what is unknown for an error. It does not show that a cluster takes it.

    check_kubernetes.py              check
    check_kubernetes.py --self-test  break each of these in memory, and fail if a break goes unseen
"""

import copy
import pathlib
import re
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDER = TOP / "ops/kubernetes"
VERSIONS = {
    "Namespace": "v1",
    "ConfigMap": "v1",
    "Secret": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "Job": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "Kustomization": "kustomize.config.k8s.io/v1beta1",
}
# Files that stand beside the kustomizations, each for a reason that README.md gives.
APART = {"secrets.example.yaml", "network-policy.yaml"}
# What secrets of workspaces are sealed with.
SEALING = "MAINSTAY_CREDENTIALS_KEYS"
# What checkpoints of the access log are signed with.
SIGNING = "MAINSTAY_AUDIT_KEY"
# What a worker needs after its drain budget to hand back, to say goodbye and to exit.
FAREWELL = 10


def load():
    """Pairs of file name and document."""
    documents = []
    for path in sorted(FOLDER.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            documents.append((str(path.relative_to(FOLDER)), document))
    return documents


class Program:
    """What the sources say the program knows."""

    def __init__(self):
        self.code = "\n".join(path.read_text() for path in sorted((TOP / "Sources").rglob("*.swift")))
        program = "\n".join(path.read_text() for path in sorted((TOP / "Sources/mainstay").rglob("*.swift")))
        reference = (TOP / "Sources/mainstay/Settings/SettingsReference.swift").read_text()
        self.commands = set(re.findall(r'commandName: "([\w-]+)"', program))
        keys = re.findall(r'key: "([\w.]+)"', reference)
        self.settings = {"MAINSTAY_" + key.upper().replace(".", "_") for key in keys}
        self.drain = int(re.search(r'key: "drain\.seconds", standard: "(\d+)"', reference)[1])
        self.queues = set(re.findall(r'"(\w+)"', re.search(r"static let queues = \[(.*?)\]", program)[1]))

    def has_metric(self, name):
        return f'"{re.sub(r"_(bucket|sum|count)$", "", name)}"' in self.code

    def has_path(self, path):
        return f'"{path}"' in self.code


class Check:
    def __init__(self, documents, program):
        self.documents = documents
        self.program = program
        self.faults = []

    def fault(self, text):
        self.faults.append(text)

    def of(self, kind):
        return {d["metadata"]["name"]: d for _, d in self.documents if isinstance(d, dict) and d.get("kind") == kind and name_of(d)}

    def run(self):
        self.check_heads()
        self.check_kustomizations()
        self.check_settings()
        for kind in ("Deployment", "Job"):
            for name, workload in self.of(kind).items():
                self.check_workload(f"{kind} {name}", workload)
        self.check_sealing()
        self.check_signing()
        self.check_drains()
        self.check_selectors()
        self.check_scalers()
        return self.faults

    # What every document has

    def check_heads(self):
        seen = set()
        spaces = set(self.of("Namespace"))
        for file, document in self.documents:
            if not isinstance(document, dict):
                self.fault(f"{file} has a document that is no mapping")
                continue
            kind = document.get("kind")
            if kind not in VERSIONS:
                self.fault(f"{file} has the kind {kind}, which this check does not know")
                continue
            if document.get("apiVersion") != VERSIONS[kind]:
                self.fault(f"{file}: {kind} has the apiVersion {document.get('apiVersion')}; wanted is {VERSIONS[kind]}")
            if kind == "Kustomization":
                continue
            if not name_of(document):
                self.fault(f"{file} has a {kind} without a name")
                continue
            name = f"{kind} {name_of(document)}"
            if name in seen:
                self.fault(f"{name} is there twice")
            seen.add(name)
            if kind != "Namespace" and document["metadata"].get("namespace") not in spaces:
                self.fault(f"{name} is in the namespace {document['metadata'].get('namespace')}, which is not there")

    def check_kustomizations(self):
        listed = set()
        files = {file for file, _ in self.documents}
        for file, document in self.documents:
            if not isinstance(document, dict) or document.get("kind") != "Kustomization":
                continue
            folder = str(pathlib.PurePath(file).parent)
            for resource in document.get("resources", []):
                path = str(pathlib.PurePath(folder) / resource)
                if path not in files:
                    self.fault(f"{file} names {path}, which is not there")
                listed.add(path)
            images = {image["name"] for image in document.get("images", [])}
            for image in sorted(self.images() - images):
                self.fault(f"{file} does not say where the image {image} comes from")
        for file in sorted(files - listed - APART):
            if pathlib.PurePath(file).name != "kustomization.yaml":
                self.fault(f"{file} is in no kustomization")

    def images(self):
        found = set()
        for kind in ("Deployment", "Job"):
            for name, workload in self.of(kind).items():
                for container in pod_of(workload).get("containers", []):
                    image, _, tag = container.get("image", "").partition(":")
                    if not re.search(r"\d", tag):
                        self.fault(f"{kind} {name} has an image without a version")
                    found.add(image)
        return found

    def check_settings(self):
        for kind, key in (("ConfigMap", "data"), ("Secret", "stringData")):
            for name, document in self.of(kind).items():
                for variable, value in document.get(key, {}).items():
                    if variable not in self.program.settings:
                        self.fault(f"{kind} {name} has {variable}, which is no setting")
                    if not isinstance(value, str):
                        self.fault(f"{kind} {name} has a {variable} that is not quoted")
                    elif kind == "Secret" and "CHANGE-ME" not in value:
                        self.fault(f"Secret {name} has a {variable} that is no placeholder")

    # Pods

    def check_workload(self, who, workload):
        pod = pod_of(workload)
        if not pod.get("securityContext", {}).get("runAsNonRoot"):
            self.fault(f"{who} may run as root")
        for container in pod.get("containers", []):
            self.check_command(who, container.get("args") or [None])
            self.check_environment(who, container)
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                request = container.get(probe, {}).get("httpGet")
                if request is None:
                    if workload["kind"] == "Deployment":
                        self.fault(f"{who} has no {probe}")
                    continue
                if request["port"] not in ports:
                    self.fault(f"{who} asks at port {request['port']}, which it does not open")
                if not self.program.has_path(request["path"]):
                    self.fault(f"{who} asks for {request['path']}, which no source file serves")

    def check_command(self, who, arguments):
        if arguments[0] not in self.program.commands:
            self.fault(f"{who} runs `mainstay {arguments[0]}`, which is no subcommand")
        for queue in sorted(queues_of(arguments) - self.program.queues):
            self.fault(f"{who} serves the queue {queue}, which is not there")

    def check_environment(self, who, container):
        for entry in container.get("env", []):
            if entry["name"] not in self.program.settings:
                self.fault(f"{who} sets {entry['name']}, which is no setting")
            if "value" in entry and not isinstance(entry["value"], str):
                self.fault(f"{who} sets {entry['name']} to what is not quoted")
        for source in container.get("envFrom", []):
            for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                if key in source and source[key]["name"] not in self.of(kind):
                    self.fault(f"{who} reads the {kind} {source[key]['name']}, which is not there")

    def value(self, container, setting):
        """What a container has for a setting by its manifests; None when they leave the default."""
        for entry in container.get("env", []):
            if entry["name"] == setting:
                return entry.get("value")
        for source in container.get("envFrom", []):
            name = source.get("configMapRef", {}).get("name")
            data = self.of("ConfigMap").get(name, {}).get("data", {})
            if setting in data:
                return data[setting]
        return None

    def check_sealing(self):
        """Who seals the secrets of workspaces and who opens them have the same keys; nobody else has them."""
        secrets = {name for name, secret in self.of("Secret").items() if SEALING in secret.get("stringData", {})}
        if len(secrets) != 1:
            self.fault(f"{len(secrets)} Secrets have {SEALING}: wanted is one, for ingress and workers alike")
        for name, deployment in self.of("Deployment").items():
            for container in pod_of(deployment).get("containers", []):
                arguments = container.get("args") or [None]
                needs = arguments[0] == "serve" or arguments[0] == "work" and "runs" in (queues_of(arguments) or self.program.queues)
                read = {source.get("secretRef", {}).get("name") for source in container.get("envFrom", [])} & secrets
                if needs and not read:
                    self.fault(f"Deployment {name} does not read the Secret that has {SEALING}")
                if read and not needs:
                    self.fault(f"Deployment {name} reads {SEALING}, and neither seals nor opens anything")

    def check_signing(self):
        """The ingress signs the checkpoints of the access log, and nobody else can."""
        secrets = {name for name, secret in self.of("Secret").items() if SIGNING in secret.get("stringData", {})}
        if len(secrets) != 1:
            self.fault(f"{len(secrets)} Secrets have {SIGNING}: wanted is one, for the ingress")
        for name, deployment in self.of("Deployment").items():
            for container in pod_of(deployment).get("containers", []):
                needs = (container.get("args") or [None])[0] == "serve"
                read = {source.get("secretRef", {}).get("name") for source in container.get("envFrom", [])} & secrets
                if needs and not read:
                    self.fault(f"Deployment {name} does not read the Secret that has {SIGNING}")
                if read and not needs:
                    self.fault(f"Deployment {name} reads {SIGNING}, and signs no checkpoint")

    def check_drains(self):
        served = set()
        for name, deployment in self.of("Deployment").items():
            pod = pod_of(deployment)
            for container in pod.get("containers", []):
                arguments = container.get("args") or [None]
                if arguments[0] != "work":
                    continue
                served |= queues_of(arguments) or self.program.queues
                drain = int(self.value(container, "MAINSTAY_DRAIN_SECONDS") or self.program.drain)
                grace = pod.get("terminationGracePeriodSeconds", 30)
                if grace < drain + FAREWELL:
                    self.fault(f"Deployment {name} is given {grace} s to end and drains for {drain}: wanted are {drain + FAREWELL} at least")
                if self.value(container, "MAINSTAY_METRICS_PORT") is None:
                    self.fault(f"Deployment {name} has no MAINSTAY_METRICS_PORT, where its probes would ask")
        for queue in sorted(self.program.queues - served):
            self.fault(f"no Deployment serves the queue {queue}")

    def check_selectors(self):
        pods = {}
        for name, deployment in self.of("Deployment").items():
            labels = deployment["spec"]["template"]["metadata"].get("labels", {})
            pods[name] = labels
            if not covers(deployment["spec"]["selector"]["matchLabels"], labels):
                self.fault(f"Deployment {name} selects pods that it does not make")
        for kind, selector in (
            ("Service", lambda spec: spec["selector"]),
            ("PodDisruptionBudget", lambda spec: spec["selector"]["matchLabels"]),
            ("NetworkPolicy", lambda spec: spec["podSelector"]["matchLabels"]),
        ):
            for name, document in self.of(kind).items():
                chosen = [pod for pod, labels in pods.items() if covers(selector(document["spec"]), labels)]
                if not chosen:
                    self.fault(f"{kind} {name} selects no Deployment's pods")
                opened = {
                    port["name"]
                    for pod in chosen
                    for container in pod_of(self.of("Deployment")[pod]).get("containers", [])
                    for port in container.get("ports", [])
                }
                for port in ports_of(document):
                    if chosen and port not in opened:
                        self.fault(f"{kind} {name} names the port {port}, which its pods do not open")

    # Scaling

    def check_scalers(self):
        deployments = self.of("Deployment")
        scaled = set()
        for name, scaler in self.of("ScaledObject").items():
            spec = scaler["spec"]
            target = spec["scaleTargetRef"]["name"]
            who = f"ScaledObject {name}"
            if target not in deployments:
                self.fault(f"{who} scales the Deployment {target}, which is not there")
                continue
            scaled.add(target)
            if "replicas" in deployments[target]["spec"]:
                self.fault(f"Deployment {target} has replicas, which every apply would set back")
            if not 1 <= spec.get("minReplicaCount", 0) <= spec.get("maxReplicaCount", 100):
                self.fault(f"{who} may leave no worker")
            if not spec.get("fallback", {}).get("replicas"):
                self.fault(f"{who} has no fallback for what is unknown")
            behaviour = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {}).get("behavior", {})
            if not behaviour.get("scaleDown", {}).get("stabilizationWindowSeconds"):
                self.fault(f"{who} sends workers away at once")
            queues = set()
            for container in pod_of(deployments[target])["containers"]:
                queues |= queues_of(container.get("args") or [])
            asked = set()
            for trigger in spec.get("triggers", []):
                asked |= self.check_trigger(who, trigger, queues)
            for queue in sorted(queues - asked):
                self.fault(f"{who} does not look at the queue {queue}, which {target} serves")
        for name, deployment in deployments.items():
            runs_work = any((c.get("args") or [None])[0] == "work" for c in pod_of(deployment).get("containers", []))
            if runs_work and name not in scaled and "replicas" not in deployment["spec"]:
                self.fault(f"nobody says how many replicas Deployment {name} has")

    def check_trigger(self, who, trigger, queues):
        """Returns the queues that the trigger looks at."""
        metadata = trigger.get("metadata", {})
        if trigger.get("type") != "prometheus":
            self.fault(f"{who} has a trigger of the type {trigger.get('type')}; this check knows prometheus")
        if trigger.get("metricType") != "AverageValue":
            self.fault(f"{who} has a trigger without metricType AverageValue, for which there is no fallback")
        if metadata.get("ignoreNullValues") != "false":
            self.fault(f'{who} has a trigger without ignoreNullValues "false": unknown would be zero')
        for key in ("threshold", "activationThreshold"):
            if not isinstance(metadata.get(key), str) or not re.fullmatch(r"\d+(\.\d+)?", metadata[key]):
                self.fault(f"{who} has a trigger whose {key} is no number in quotes")
        if not str(metadata.get("serverAddress", "")).startswith("http"):
            self.fault(f"{who} has a trigger without serverAddress")
        query = str(metadata.get("query", ""))
        metrics = set(re.findall(r"\bmainstay_\w+", query))
        if not metrics:
            self.fault(f"{who} has a trigger that asks for no metric of ours")
        for metric in sorted(metrics):
            if not self.program.has_metric(metric):
                self.fault(f"{who} asks for {metric}, which no source file reports")
        if re.search(r"\bor\b", query):
            self.fault(f"{who} has a trigger with `or`: what is unknown would become a number")
        asked = set(re.findall(r'queue="(\w+)"', query))
        if len(re.findall(r"\bmainstay_\w+\{", query)) != len(re.findall(r"\bmainstay_\w+", query)) or not asked:
            self.fault(f"{who} has a trigger that looks at all queues")
        for queue in sorted(asked - queues):
            self.fault(f"{who} looks at the queue {queue}, which its workers do not serve")
        return asked


def name_of(document):
    return (document.get("metadata") or {}).get("name")


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def covers(selector, labels):
    return bool(selector) and selector.items() <= labels.items()


def queues_of(arguments):
    """The queues behind --queues; none for all."""
    if "--queues" not in arguments:
        return set()
    return set(arguments[arguments.index("--queues") + 1].split(","))


def ports_of(document):
    spec = document["spec"]
    if document["kind"] == "Service":
        return [port["targetPort"] for port in spec["ports"]]
    return [port["port"] for rule in spec.get("ingress", []) for port in rule.get("ports", [])]


# Breaks, each with words of the fault that must be found.


def find(documents, kind, name):
    return next(d for _, d in documents if d.get("kind") == kind and name_of(d) == name)


def container(documents, name="mainstay-worker-tickets"):
    return pod_of(find(documents, "Deployment", name))["containers"][0]


def trigger(documents, index=0):
    return find(documents, "ScaledObject", "mainstay-worker-tickets")["spec"]["triggers"][index]


def scaler(documents):
    return find(documents, "ScaledObject", "mainstay-worker-tickets")["spec"]


def drop(mapping, key):
    mapping.pop(key)


def unread(container, secret):
    container["envFrom"] = [source for source in container["envFrom"] if source.get("secretRef", {}).get("name") != secret]


BREAKS = [
    ("has the apiVersion", lambda d: find(d, "Deployment", "mainstay-serve").update(apiVersion="extensions/v1beta1")),
    ("does not know", lambda d: find(d, "Service", "mainstay-serve").update(kind="Servce")),
    ("without a name", lambda d: drop(find(d, "ConfigMap", "mainstay")["metadata"], "name")),
    ("is there twice", lambda d: d.append(("config.yaml", copy.deepcopy(find(d, "ConfigMap", "mainstay"))))),
    ("in the namespace", lambda d: find(d, "ConfigMap", "mainstay")["metadata"].update(namespace="mainstray")),
    ("is not there", lambda d: find_kustomization(d)["resources"].append("worker-mails.yaml")),
    ("in no kustomization", lambda d: find_kustomization(d)["resources"].remove("serve.yaml")),
    ("where the image", lambda d: container(d).update(image="elsewhere:1.0")),
    ("without a version", lambda d: container(d).update(image="mainstay:latest")),
    ("which is no setting", lambda d: find(d, "ConfigMap", "mainstay")["data"].update(MAINSTAY_DRIAN_SECONDS="20")),
    ("that is not quoted", lambda d: find(d, "ConfigMap", "mainstay")["data"].update(MAINSTAY_HTTP_PORT=8080)),
    ("no placeholder", lambda d: find(d, "Secret", "mainstay-owner")["stringData"].update(MAINSTAY_MIGRATION_URL="postgres://a:b@c/d")),
    ("run as root", lambda d: drop(pod_of(find(d, "Deployment", "mainstay-serve")), "securityContext")),
    ("no subcommand", lambda d: container(d).update(args=["wrok", "--queues", "tickets,forks"])),
    ("serves the queue mails", lambda d: container(d).update(args=["work", "--queues", "tickets,forks,mails"])),
    ("sets MAINSTAY_LESAE", lambda d: container(d).update(env=[{"name": "MAINSTAY_LESAE", "value": "1"}])),
    ("reads the ConfigMap", lambda d: container(d)["envFrom"][0]["configMapRef"].update(name="mainstray")),
    ("reads the Secret", lambda d: container(d)["envFrom"][1]["secretRef"].update(name="mainstray")),
    ("does not read the Secret", lambda d: unread(container(d, "mainstay-serve"), "mainstay-credentials")),
    ("does not read the Secret", lambda d: unread(container(d, "mainstay-worker-runs"), "mainstay-credentials")),
    ("neither seals nor opens", lambda d: container(d)["envFrom"].append({"secretRef": {"name": "mainstay-credentials"}})),
    ("wanted is one", lambda d: find(d, "Secret", "mainstay-stores")["stringData"].update(MAINSTAY_CREDENTIALS_KEYS="a:CHANGE-ME")),
    ("0 Secrets have MAINSTAY_AUDIT_KEY", lambda d: drop(find(d, "Secret", "mainstay-operations")["stringData"], "MAINSTAY_AUDIT_KEY")),
    ("that has MAINSTAY_AUDIT_KEY", lambda d: unread(container(d, "mainstay-serve"), "mainstay-operations")),
    ("signs no checkpoint", lambda d: container(d)["envFrom"].append({"secretRef": {"name": "mainstay-operations"}})),
    ("has no readinessProbe", lambda d: drop(container(d), "readinessProbe")),
    ("asks at port", lambda d: container(d)["livenessProbe"]["httpGet"].update(port="http")),
    ("asks for /healthz", lambda d: container(d)["livenessProbe"]["httpGet"].update(path="/healthz")),
    ("drains for 20", lambda d: pod_of(find(d, "Deployment", "mainstay-worker-tickets")).update(terminationGracePeriodSeconds=29)),
    ("drains for 25", lambda d: drop(pod_of(find(d, "Deployment", "mainstay-worker-profiles")), "terminationGracePeriodSeconds")
     or find(d, "ConfigMap", "mainstay")["data"].update(MAINSTAY_DRAIN_SECONDS="25")),
    ("drains for 120", lambda d: pod_of(find(d, "Deployment", "mainstay-worker-runs")).update(terminationGracePeriodSeconds=60)),
    ("no MAINSTAY_METRICS_PORT", lambda d: drop(find(d, "ConfigMap", "mainstay")["data"], "MAINSTAY_METRICS_PORT")),
    ("no Deployment serves the queue forks", lambda d: container(d).update(args=["work", "--queues", "tickets"])),
    ("that it does not make", lambda d: find(d, "Deployment", "mainstay-serve")["spec"]["selector"]["matchLabels"].update(tier="x")),
    ("selects no Deployment's pods", lambda d: find(d, "Service", "mainstay-serve")["spec"]["selector"].update(tier="x")),
    ("names the port", lambda d: find(d, "Service", "mainstay-serve")["spec"]["ports"][0].update(targetPort="https")),
    ("scales the Deployment", lambda d: scaler(d)["scaleTargetRef"].update(name="mainstay-worker")),
    ("has replicas", lambda d: find(d, "Deployment", "mainstay-worker-tickets")["spec"].update(replicas=2)),
    ("may leave no worker", lambda d: scaler(d).update(minReplicaCount=0)),
    ("no fallback", lambda d: drop(scaler(d), "fallback")),
    ("away at once", lambda d: drop(scaler(d)["advanced"]["horizontalPodAutoscalerConfig"]["behavior"], "scaleDown")),
    ("does not look at the queue forks", lambda d: scaler(d).update(triggers=scaler(d)["triggers"][:2])),
    ("how many replicas", lambda d: d.remove(next(p for p in d if p[1] is find(d, "ScaledObject", "mainstay-worker-runs")))),
    ("of the type", lambda d: trigger(d).update(type="redis-streams")),
    ("no fallback", lambda d: trigger(d).update(metricType="Value")),
    ("unknown would be zero", lambda d: drop(trigger(d)["metadata"], "ignoreNullValues")),
    ("unknown would be zero", lambda d: trigger(d)["metadata"].update(ignoreNullValues=False)),
    ("no number in quotes", lambda d: trigger(d)["metadata"].update(threshold=100)),
    ("without serverAddress", lambda d: drop(trigger(d)["metadata"], "serverAddress")),
    ("no metric of ours", lambda d: trigger(d)["metadata"].update(query="vector(1)")),
    ("no source file reports", lambda d: trigger(d)["metadata"].update(query='mainstay_queue_length{queue="tickets"}')),
    ("would become a number", lambda d: trigger(d)["metadata"].update(query=trigger(d)["metadata"]["query"] + " or vector(0)")),
    ("looks at all queues", lambda d: trigger(d)["metadata"].update(query="sum(mainstay_queue_backlog_jobs)")),
    ("looks at the queue runs", lambda d: trigger(d)["metadata"].update(query='max(mainstay_queue_seconds_to_empty{queue="runs"})')),
]


def find_kustomization(documents):
    return next(d for file, d in documents if file == "kustomization.yaml")


def self_test(documents, program):
    missed = 0
    for words, make in BREAKS:
        broken = copy.deepcopy(documents)
        make(broken)
        if not any(words in fault for fault in Check(broken, program).run()):
            print(f"check_kubernetes: a break went unseen; wanted was a fault with the words: {words}", file=sys.stderr)
            missed += 1
    return missed


def main():
    try:
        documents = load()
    except yaml.YAMLError as error:
        print(f"check_kubernetes: ops/kubernetes does not parse: {error}", file=sys.stderr)
        return 1
    program = Program()
    faults = Check(documents, program).run()
    for text in faults:
        print(f"check_kubernetes: {text}", file=sys.stderr)
    missed = self_test(documents, program) if "--self-test" in sys.argv and not faults else 0
    return 1 if faults or missed else 0


if __name__ == "__main__":
    sys.exit(main())
