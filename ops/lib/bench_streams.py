"""bench_streams.py PROGRAM [--runs N] [--many N] [--idle N] [--resumes N] : what Mainstay adds to a stream, beside the same
provider asked directly; whether many streams at once are whole; what an idle one costs; how soon a resumed one goes on.

MAINSTAY_BENCH names the harness, whose `llm/run` has a provider that stamps each token, and a client that reads the stamps; its
`setup` was run. PROGRAM is `mainstay`: it is started with private servers in a folder of its own, once for all runs. Each run
measures the provider alone and then through Mainstay's `/v1/chat/completions`, so that a slow moment of the machine hits both.

Prints one JSON object: the figures of each run. A token's transit is the time from the provider's write to the client's
read; a stream's time to its first token begins with the request.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

import bench_stream_parts as parts

MOCK_PORT = os.environ.get("BENCH_MOCK_PORT", "18099")


def load(words, **more):
    """The lines of one `llm/run`."""
    run = subprocess.run(
        [os.path.join(os.environ["MAINSTAY_BENCH"], "llm", "run"), *words], check=True, stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, **more))
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]


class Stack:
    """Mainstay in a folder that goes away with it."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="mainstay-bench-streams-")
        # The private postgres runs as another user when we are root.
        os.chmod(self.folder, 0o755)
        self.place = os.path.join(self.folder, ".mainstay")

    def __enter__(self):
        # Room for all streams in the two workers that `up` starts.
        environment = dict(
            os.environ, MAINSTAY_PROVIDER_URL=f"http://127.0.0.1:{MOCK_PORT}/v1", MAINSTAY_PROVIDER_MODEL="mock-0-3", MAINSTAY_RUN_CONCURRENCY="1000")
        for name in [name for name in environment if name in ("MAINSTAY_URL", "MAINSTAY_TOKEN")]:
            del environment[name]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        subprocess.run(
            [self.program, "up", "--detach", "--no-demo", "--folder", self.place, "--port", str(port)], check=True, cwd=self.folder,
            env=environment, stdout=subprocess.DEVNULL)
        with open(os.path.join(self.place, "env"), encoding="utf-8") as file:
            text = file.read()
        self.port = re.search(r"MAINSTAY_URL=\S*:(\d+)", text)[1]
        self.token = re.search(r"MAINSTAY_TOKEN=['\"]?(mst_\w+)", text)[1]
        return self

    def __exit__(self, *_):
        subprocess.run([self.program, "up", "--down", "--folder", self.place], check=False, stdout=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", self.folder], check=False)


class Mock:
    """The harness's provider."""

    def __enter__(self):
        self.process = subprocess.Popen([os.path.join(os.environ["MAINSTAY_BENCH"], "llm", "run"), "mock"], stdout=subprocess.DEVNULL)
        time.sleep(0.5)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--many", type=int, default=1000, help="streams at once, 20 tokens a second each")
    parser.add_argument("--idle", type=int, default=10_000, help="open streams in which nothing happens")
    parser.add_argument("--resumes", type=int, default=1000)
    options = parser.parse_args()
    runs = []
    parts.raise_descriptors()
    with Stack(options.program) as stack:
        for number in range(options.runs):
            direct = load(["direct"])
            with Mock():
                through = load(["gateway", stack.port, "/v1/chat/completions", stack.token], N1="200", N50="2000")
                many = parts.many(stack, options.many)
            runs.append({
                "direct": direct, "through": [line for line in through if "gap_ms" in line], "many": many,
                "idle": parts.idle(stack, options.idle), "resume": parts.resume(stack, options.resumes)})
            print(f"  {number + 1} of {options.runs}", file=sys.stderr, flush=True)
    print(json.dumps({"runs": runs}))


main()
