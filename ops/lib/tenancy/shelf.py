"""What there is to be found by others: ids of everything, published agents, names of private ones. For many threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from random import Random

from .words import Words

# The kind of names of private agents. All other kinds are of ids.
PRIVATE_NAME = "agent name"


@dataclass
class Tenant:
    """A workspace of the run."""

    slug: str
    words: Words
    id: str = ""
    # What its members can read by now: route, id, a word that has to be in the answer. Only ever appended to.
    ready: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Listing:
    """A published agent that stays published."""

    tenant: Tenant
    name: str
    agent: str

    @property
    def slug(self) -> str:
        return self.tenant.slug

    @property
    def address(self) -> str:
        return f"{self.slug}/{self.name}"


class Shelf:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Kind to workspace and id, or workspace and name.
        self._things: dict[str, list[tuple[str, str]]] = {}
        self._listings: list[Listing] = []
        # Semantic versions of each published agent, by its id.
        self._versions: dict[str, list[str]] = {}
        self._reported: set[str] = set()

    def put(self, kind: str, slug: str, id: str) -> None:
        with self._lock:
            self._things.setdefault(kind, []).append((slug, id))

    def foreign(self, kind: str, slug: str, chance: Random) -> tuple[str, str] | None:
        """Another workspace and something of that kind that it has."""
        with self._lock:
            things = self._things.get(kind, [])
            # Enough tries to find one where there is one; where most are one's own, a probe less is no harm.
            for _ in range(12):
                if things and (found := chance.choice(things))[0] != slug:
                    return found
        return None

    def owner(self, kind: str, id: str) -> str | None:
        """Whose it is, as far as it was put here."""
        with self._lock:
            return next((slug for slug, known in self._things.get(kind, []) if known == id), None)

    def all_foreign(self, slug: str, kinds: tuple[str, ...]) -> list[str]:
        """Ids that other workspaces have."""
        with self._lock:
            return [id for kind in kinds for owner, id in self._things.get(kind, []) if owner != slug]

    # MARK: Published agents

    def publish(self, listing: Listing, version: str) -> None:
        with self._lock:
            versions = self._versions.setdefault(listing.agent, [])
            if not versions:
                self._listings.append(listing)
            if version not in versions:
                versions.append(version)

    def listing(self, chance: Random, besides: str | None = None) -> Listing | None:
        """A published agent, of another workspace than `besides` where there is one."""
        with self._lock:
            if not self._listings:
                return None
            for _ in range(12):
                found = chance.choice(self._listings)
                if found.slug != besides:
                    break
            return found

    def versions(self, listing: Listing) -> list[str]:
        with self._lock:
            return list(self._versions[listing.agent])

    def to_report(self, chance: Random, besides: str, most: int) -> Listing | None:
        """A published agent of another workspace that nobody has reported, `most` times in all: one address may send no more."""
        found = self.listing(chance, besides)
        with self._lock:
            if found is None or found.slug == besides or found.agent in self._reported or len(self._reported) >= most:
                return None
            self._reported.add(found.agent)
            return found
