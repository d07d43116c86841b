#!/usr/bin/env python3
"""Checks docker-compose.yml and what hangs on it without a container engine: that it parses, that every file, variable,
service, subcommand, setting and metric it names is there. It does not show that the images start."""

import json
import pathlib
import re
import shlex
import subprocess
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
faults = []


def fault(text):
    faults.append(text)


def sources(folder, pattern="*.swift"):
    return "\n".join(path.read_text() for path in sorted((TOP / folder).rglob(pattern)))


def load(path):
    try:
        return yaml.safe_load((TOP / path).read_text())
    except yaml.YAMLError as error:
        fault(f"{path} does not parse: {error}")
        return {}


def check_exists(path, who):
    if not (TOP / path).exists():
        fault(f"{who} names {path}, which is not there")


def check_variables(text):
    """Every variable is one that make-env prints: passwords with a value that a URL does not mind, keys in the form of their setting."""
    made = subprocess.run([TOP / "ops/docker/make-env"], capture_output=True, text=True, check=True).stdout
    values = dict(line.split("=", 1) for line in made.splitlines() if "=" in line and not line.startswith("#"))
    used = set(re.findall(r"\$\{(\w+)", text))
    for name in sorted(used - set(values)):
        fault(f"docker-compose.yml uses ${{{name}}}, which ops/docker/make-env does not make")
    for name in sorted(set(values) - used):
        fault(f"ops/docker/make-env makes {name}, which docker-compose.yml does not use")
    for name, value in values.items():
        if name.endswith("_PASSWORD") and not re.fullmatch(r"[0-9a-f]{48}", value):
            fault(f"ops/docker/make-env makes a {name} that is not 48 hexadecimal digits")
        if name.endswith("_KEYS") and not re.fullmatch(r"\d{4}-\d\d:[A-Za-z0-9+/]{43}=", value):
            fault(f"ops/docker/make-env makes a {name} that is not the month, a colon and 32 bytes in base64")
        if name.endswith("_VERSION") and not re.fullmatch(r"\d+\.\d+\.\d+", value):
            fault(f"ops/docker/make-env makes a {name} that is no version")
        if name.endswith("_AUDIT_KEY") and not re.fullmatch(r"\d{4}-\d\d:[0-9a-f]{64}", value):
            fault(f"ops/docker/make-env makes a {name} that is not the month, a colon and 64 hexadecimal digits")
    if re.search(r"\$\{\w+\}|\$\w", re.sub(r"\$\$", "", text)):
        fault("docker-compose.yml has a variable without :? or a default: an unset one would be empty")


def check_service(name, service, compose, commands, settings):
    services = compose["services"]
    if "build" in service:
        check_exists(service["build"]["dockerfile"], f"service {name}")
        if service["command"][0] not in commands:
            fault(f"service {name} runs `mainstay {service['command'][0]}`, which is no subcommand")
        for variable in service.get("environment", {}):
            if variable not in settings:
                fault(f"service {name} sets {variable}, which is no setting")
    elif not re.search(r":.*\d", service.get("image", "")):
        fault(f"service {name} has an image without a version")
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            check_exists(source, f"service {name}")
        elif source not in compose["volumes"]:
            fault(f"service {name} uses the volume {source}, which is not declared")
    for port in service.get("ports", []):
        if not port.startswith("127.0.0.1:"):
            fault(f"service {name} opens port {port} to the network")
    needed = service.get("depends_on", {})
    for other in needed:
        if other not in services:
            fault(f"service {name} depends on {other}, which is no service")
        elif isinstance(needed, dict) and needed[other]["condition"] == "service_healthy" and "healthcheck" not in services[other]:
            fault(f"service {name} waits for {other} to be healthy, which has no health check")
    for value in service.get("environment", {}).values():
        for host in re.findall(r"@([\w-]+):\d+", str(value)):
            if host not in services:
                fault(f"service {name} is told of the host {host}, which is no service")


def check_same(compose, settings):
    """What has to be the same for ingress and workers."""
    places = {name: compose["services"][name].get("environment", {}) for name in ("ingress", "worker")}
    for variable in ("MAINSTAY_CREDENTIALS_KEYS", "MAINSTAY_CORE_VERSION", "MAINSTAY_DATABASE_URL", "MAINSTAY_REDIS_URL", "MAINSTAY_RUN_LOG_URL"):
        if variable not in settings:
            fault(f"check_compose looks for {variable}, which is no setting")
        if not places["ingress"].get(variable) or places["ingress"].get(variable) != places["worker"].get(variable):
            fault(f"the services ingress and worker do not have the same {variable}")


def check_signing(compose):
    """The ingress signs the checkpoints of the access log, and no worker can."""
    for name, service in compose["services"].items():
        if ("MAINSTAY_AUDIT_KEY" in service.get("environment", {})) != (name == "ingress"):
            fault(f"the service {name} has MAINSTAY_AUDIT_KEY, or the ingress has not")


def check_redis(compose):
    """The queues' redis has the settings of a private stack's, option by option."""
    private = (TOP / "Sources/LocalStack/RedisServer.swift").read_text()
    for name in ("redis", "run-log"):
        words = compose["services"][name]["command"][1:]
        for option, value in zip(words[::2], words[1::2]):
            line = f'{option.removeprefix("--")} ' + ('""' if value == "" else value)
            if option != "--requirepass" and line not in private:
                fault(f"service {name} has `{line}`, which LocalStack's redis has not")


def check_dockerfile():
    path = "ops/docker/Dockerfile"
    ignored = (TOP / f"{path}.dockerignore").read_text().splitlines()
    stages = set()
    for line in re.sub(r"\\\n", " ", (TOP / path).read_text()).splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["FROM"] and len(words) == 4:
            stages.add(words[3])
        if words[:1] != ["COPY"]:
            continue
        if words[1].startswith("--from="):
            if words[1].removeprefix("--from=") not in stages:
                fault(f"{path} copies from the stage {words[1]}, which is not there")
            continue
        for source in words[1:-1]:
            check_exists(source, path)
            if f"!{source}" not in ignored:
                fault(f"{path} copies {source}, which {path}.dockerignore leaves out")


def check_monitoring(services):
    targets = []
    for job in load("ops/prometheus/prometheus.yml")["scrape_configs"]:
        targets += [target.split(":")[0] for config in job.get("static_configs", []) for target in config["targets"]]
        targets += [host for config in job.get("dns_sd_configs", []) for host in config["names"]]
    for source in load("ops/grafana/provisioning/datasources/prometheus.yml")["datasources"]:
        targets.append(re.match(r"http://([\w-]+):", source["url"])[1])
    for host in targets:
        if host not in services:
            fault(f"Prometheus or Grafana is told of the host {host}, which is no service")

    code = sources("Sources")
    for provider in load("ops/grafana/provisioning/dashboards/mainstay.yml")["providers"]:
        mounts = dict(volume.split(":")[1::-1] for volume in services["grafana"]["volumes"] if volume.startswith("."))
        folder = TOP / mounts.get(provider["options"]["path"], "nowhere")
        dashboards = sorted(folder.glob("*.json"))
        if not dashboards:
            fault(f"Grafana is told of dashboards in {provider['options']['path']}, where there are none")
        for path in dashboards:
            panels = json.loads(path.read_text())["panels"]
            expressions = " ".join(target["expr"] for panel in panels for target in panel["targets"])
            for metric in sorted(set(re.findall(r"\bmainstay_\w+", expressions))):
                name = re.sub(r"_(bucket|sum|count)$", "", metric)
                if f'"{name}"' not in code:
                    fault(f"{path.relative_to(TOP)} shows {metric}, which no source file reports")


def main():
    text = (TOP / "docker-compose.yml").read_text()
    compose = load("docker-compose.yml")
    commands = set(re.findall(r'commandName: "([\w-]+)"', sources("Sources/mainstay")))
    keys = re.findall(r'key: "([\w.]+)"', (TOP / "Sources/mainstay/Settings/SettingsReference.swift").read_text())
    settings = {"MAINSTAY_" + key.upper().replace(".", "_") for key in keys}
    check_variables(re.sub(r"(?m)^\s*#.*$", "", text))
    for name, service in compose["services"].items():
        check_service(name, service, compose, commands, settings)
    check_same(compose, settings)
    check_signing(compose)
    check_redis(compose)
    check_dockerfile()
    check_monitoring(compose["services"])
    for text in faults:
        print(f"check_compose: {text}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
