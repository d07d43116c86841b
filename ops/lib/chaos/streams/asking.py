"""One request to an ingress."""

from __future__ import annotations

import http.client

# Seconds that an answer may take, and between two connections. An ingress that was killed is away for longer than that, and the others are
# asked meanwhile.
PATIENCE = 10.0
PAUSE = (0.05, 0.3)


def exchange(port: int, token: str, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> tuple[int, bytes]:
    """The status and the body of the answer; an error of the connection as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {token}", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def is_later(status: int) -> bool:
    """Whether the answer means that the same request is to be sent again."""
    return status >= 500 or status in (408, 409, 425, 429)
