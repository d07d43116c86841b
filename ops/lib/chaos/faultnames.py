"""The names of the faults, in the order of the documentation."""

from __future__ import annotations

NAMES = (
    "worker-kill", "worker-stop", "ingress-kill", "redis-kill", "redis-away", "redis-half-open", "backend-kill", "postgres-kill",
    "postgres-half-open", "flush", "deploy",
)

# What an ordinary CI run can wait for.
SHORT = ("worker-kill", "worker-stop", "ingress-kill", "redis-kill", "backend-kill", "flush")
