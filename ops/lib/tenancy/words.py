"""Canaries: words that nobody writes by chance, one sort for each promise about where they may be read.

| word | is written | may be read by |
|---|---|---|
| `canary-…` | in every field that a tenant may write and nobody else is to see | its own workspace |
| `public-…` | in what a workspace publishes | anybody |
| `sealed-…` | as the secrets of character files, which are stripped, and within keys of providers, which are sealed | nobody |
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from random import Random

# No letter that is taken for another one, so that names made of them never look alike; lower case, so that no part of the server
# that folds letters hides one.
ALPHABET = "abcdefghjkmpqtuvwxyz23456789"
LENGTH = 12
PRIVATE, PUBLIC, SEALED = "canary", "public", "sealed"
# What is looked for, also by PostgreSQL: without a group, and in a form that both read alike.
PATTERN = f"(?:{PRIVATE}|{SEALED})-[a-z0-9]{{{LENGTH}}}"
PUBLIC_PATTERN = f"{PUBLIC}-[a-z0-9]{{{LENGTH}}}"
_WORD = re.compile(PATTERN.encode())
# Stands for a workspace where an operator looks at all of them.
EVERYBODY = "*"


@dataclass(frozen=True)
class Words:
    """Those of one workspace."""

    private: str
    public: str
    sealed: str

    @staticmethod
    def draw(chance: Random) -> Words:
        return Words(*(f"{sort}-{letters(chance)}" for sort in (PRIVATE, PUBLIC, SEALED)))


def letters(chance: Random) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(LENGTH))


def invented_id(chance: Random, now: float) -> str:
    """An id that nothing has, of the form and time that ids of this moment have: UUID version 7."""
    random = chance.getrandbits(80)
    value = int(now * 1000) << 80 | random
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


class Guard:
    """Knows whose word each is. Words that look like canaries and were drawn by nobody are no finding."""

    def __init__(self, words: dict[str, Words]) -> None:
        self._owners = {one.private: slug for slug, one in words.items()}
        self._sealed = {one.sealed: slug for slug, one in words.items()}

    def words(self, data: bytes) -> set[str]:
        """Private and sealed words that are in `data`."""
        return {found for found in (match.decode() for match in set(_WORD.findall(data))) if found in self._owners or found in self._sealed}

    def foreign(self, data: bytes, slug: str | None) -> list[str]:
        """Words in `data` that somebody of the workspace `slug`, or nobody in particular, must not read; of ``EVERYBODY``, the sealed ones."""
        return sorted(word for word in self.words(data) if self.is_foreign(word, slug))

    def is_foreign(self, word: str, slug: str | None) -> bool:
        return word in self._sealed or (slug != EVERYBODY and self._owners.get(word, slug) != slug)

    def owner(self, word: str) -> str:
        return self._owners.get(word) or self._sealed.get(word, "nobody")

    def is_sealed(self, word: str) -> bool:
        return word in self._sealed
