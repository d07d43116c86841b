"""What the programs beside this one have in common.

Each takes a client's base URL and a JSON list of what to ask, asks one after the other, and prints a list of what the client saw.
"""

import json
import sys


def url():
    return sys.argv[1]


def error(fault):
    """An error as a caller of the client meets it."""
    body = getattr(fault, "body", None)
    return {
        "class": type(fault).__name__,
        "status": getattr(fault, "status_code", None),
        "body": body if isinstance(body, (dict, str)) else None,
    }


def run(ask):
    """Starting Python and loading a client takes a second, so all questions of a test go to one process."""
    json.dump([ask(asked) for asked in json.loads(sys.argv[2])], sys.stdout, ensure_ascii=False)
