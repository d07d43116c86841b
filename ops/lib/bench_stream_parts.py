"""What `bench_streams.py` measures beside the added time: many streams at once, many that are idle, and resuming."""

import json
import os
import re
import resource
import selectors
import socket
import subprocess
import time
import urllib.request

# Of one process that holds both ends of no more than this many connections.
DESCRIPTORS = 40_000


def raise_descriptors():
    """As far as the system lets us; what we start inherits it."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, DESCRIPTORS), most))


def percentile(values, part):
    values = sorted(values)
    return round(values[int((len(values) - 1) * part)], 3)


class API:
    """The native routes of one ingress."""

    def __init__(self, stack):
        self.stack = stack

    def run(self, body):
        """Accepts a run; its id."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.stack.port}/v1/runs", json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.stack.token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["id"]

    def follow(self, run, after=None):
        """The request for a run's events, as bytes."""
        resumed = f"Last-Event-ID: {after}\r\n" if after else ""
        return (
            f"GET /v1/runs/{run}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.stack.token}\r\n{resumed}\r\n"
        ).encode()

    def events(self, run, until):
        """What a run's stream says up to the event named."""
        text = b""
        with socket.create_connection(("127.0.0.1", int(self.stack.port)), timeout=30) as connection:
            connection.sendall(self.follow(run))
            while f"event: {until}".encode() not in text:
                piece = connection.recv(65536)
                if not piece:
                    raise SystemExit(f"bench_streams.py: the stream ended before {until}: {text[-400:]!r}")
                text += piece
        return text.decode(errors="replace")


def waiting_run(api):
    """A run that waits for a tool's result, and stays so for minutes: its log has events, and no more come."""
    tools = [{"name": "roll_dice", "description": "Rolls a die.", "parameters": {"type": "object"}}]
    run = api.run({"model": "scripted", "messages": [{"role": "user", "content": "Please use roll_dice."}], "tools": tools, "max_steps": 4})
    return run, api.events(run, "run.paused")


def ingress_memory(stack):
    """PSS of the ingress, KiB."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
            if b"serve" not in words or stack.place.encode() not in words:
                continue
            with open(f"/proc/{name}/smaps_rollup", encoding="ascii") as file:
                return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE)[1])
        except (OSError, ValueError):
            continue
    raise SystemExit("bench_streams.py: no ingress was found among the processes")


def many(stack, streams):
    """`streams` streams at once, each with 20 tokens a second for ten seconds, twice: what became of them, by the harness's client."""
    words = [os.path.join(os.environ["BENCH_BIN"], "sse_load"), stack.port, "/v1/chat/completions", "mock-50-200", str(streams), str(2 * streams), stack.token]
    run = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(run.stdout.splitlines()[-1])


def idle(stack, streams):
    """`streams` open streams of a run that waits: how many are open, how long it took, and the ingress's memory for each, KiB."""
    api = API(stack)
    run, _ = waiting_run(api)
    request, before, began = api.follow(run), ingress_memory(stack), time.monotonic()
    selector, open_streams, pending = selectors.DefaultSelector(), [], {}

    def collect(patience):
        for key, _ in selector.select(patience):
            piece = key.fileobj.recv(65536)
            pending[key.fileobj] += piece
            if not piece or b"event: run.paused" in pending[key.fileobj]:
                selector.unregister(key.fileobj)
                del pending[key.fileobj]
                if piece:
                    open_streams.append(key.fileobj)

    for _ in range(streams):
        connection = socket.create_connection(("127.0.0.1", int(stack.port)), timeout=30)
        connection.sendall(request)
        pending[connection] = b""
        selector.register(connection, selectors.EVENT_READ)
        # No more than a few hundred that have not been answered: the server's queue of new connections has an end.
        while len(pending) > 256:
            collect(10)
    deadline = time.monotonic() + 60
    while pending and time.monotonic() < deadline:
        collect(1)
    seconds, memory = time.monotonic() - began, ingress_memory(stack) - before
    found = {"streams": streams, "open": len(open_streams), "seconds": round(seconds, 2), "kib_each": round(memory / max(1, len(open_streams)), 1)}
    for connection in open_streams:
        connection.close()
    return found


def resume(stack, times):
    """Resuming a run that goes on, and one that is over: from the request to the first replayed byte, ms. Each on a new connection."""
    api, found = API(stack), {}
    run, text = waiting_run(api)
    over = api.run({"model": "scripted", "messages": [{"role": "user", "content": "Say it in pieces."}]})
    for name, id_, said in (("going_on", run, text), ("over", over, api.events(over, "run.completed"))):
        first = re.search(r"^id: (\S+)", said, re.MULTILINE)[1]
        request, took = api.follow(id_, first), []
        for _ in range(times):
            with socket.create_connection(("127.0.0.1", int(stack.port)), timeout=30) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                began, answer = time.monotonic(), b""
                connection.sendall(request)
                while b"\nid: " not in answer:
                    piece = connection.recv(65536)
                    if not piece:
                        raise SystemExit(f"bench_streams.py: no event came behind {first}: {answer[-400:]!r}")
                    answer += piece
                took.append((time.monotonic() - began) * 1000)
        found[name] = {"p50": percentile(took, 0.5), "p99": percentile(took, 0.99)}
    return found
