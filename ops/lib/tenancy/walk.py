"""Through every table that the server's role may read, with one workspace in scope at a time: what of the others is there to be seen?

The tables and columns are the catalogue's, so that one that is new is looked through by itself.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from chaos.servers import PostgresServer

from .answer import archive_payloads, streamed
from .shelf import Tenant
from .words import PATTERN, PUBLIC_PATTERN, Guard

# What anybody may read, and what is kept of everybody: here a workspace's private word is out of place, its own too.
OPEN_TABLES = (
    "published_agents", "published_versions", "reserved_names", "fork_counts", "listing_index", "name_words", "agent_removals", "owner_verifications",
    "access_log",
)
# What a workspace publishes, and what operators tell it: the public word stands there.
PUBLISHED = ("published_agents", "published_versions", "agent_statements", "owner_verifications")
# Numbers, times and truth values hold no word.
_SILENT = "'N', 'D', 'T', 'B'"
_MARK = "sight"


@dataclass(frozen=True)
class Sight:
    """A word that was seen in a column."""

    table: str
    column: str
    word: str
    rows: int
    # Of one of them, where it has an id.
    example: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}: {self.word} in {self.rows} rows{f', as {self.example}' if self.example else ''}"


@dataclass(frozen=True)
class Column:
    table: str
    name: str
    is_bytes: bool
    has_id: bool


def columns(postgres: PostgresServer, role: str | None = "server") -> list[Column]:
    """Those that a role may read; of the superuser's, parts of tables are left out, for it sees each row in its whole table."""
    rows = postgres.query(
        f"""
        select c.relname, a.attname, t.typname = 'bytea',
          exists (select 1 from pg_attribute i where i.attrelid = c.oid and i.attname = 'id' and not i.attisdropped
            and has_column_privilege(c.oid, i.attnum, 'select'))
        from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
          and has_column_privilege(c.oid, a.attnum, 'select') and t.typcategory not in ({_SILENT}) and t.typname not in ('uuid', '_uuid')
          and ({'true' if role else 'not c.relispartition'})
        order by c.relname, a.attnum;
        """, role=role)
    return [Column(table, name, is_bytes == "t", has_id == "t") for table, name, is_bytes, has_id in rows]


def look(
    postgres: PostgresServer, found: list[Column], scope: str = "", role: str | None = "server", pattern: str = PATTERN,
) -> list[Sight]:
    """Every private or sealed word in those columns, in one transaction with a workspace's id, or none, in scope."""
    statements = "\n".join(_statement(column, pattern) for column in found)
    rows = postgres.query(_scoped(scope, statements), limit=300, role=role)
    return [Sight(table, name, word, int(count), example) for mark, table, name, word, count, example in _marked(rows, 6)]


def look_at_events(postgres: PostgresServer, guard: Guard, scope: str) -> set[str]:
    """Words in the events of runs, which are told in pieces: each run's are joined before it is looked at."""
    rows = postgres.query(
        _scoped(scope, f"select '{_MARK}', id, translate(encode(events, 'base64'), E'\\n', '') from runs where events is not null;"), limit=300,
        role="server")
    words: set[str] = set()
    for _, _, text in _marked(rows, 3):
        words |= guard.words(streamed(archive_payloads(base64.b64decode(text))).encode())
    return words


def _statement(column: Column, pattern: str) -> str:
    # They are names of the catalogue, and quoted all the same.
    table, name = (word.replace('"', '""') for word in (column.table, column.name))
    text = f"encode(\"{name}\", 'escape')" if column.is_bytes else f'"{name}"::text'
    example = "min(id)" if column.has_id else "''"
    place = "id::text as id, " if column.has_id else ""
    return (
        f"select '{_MARK}', '{column.table}', '{column.name}', word, count(*), {example} from "
        f"(select {place}(regexp_matches({text}, '{pattern}', 'g'))[1] as word from public.\"{table}\") as seen group by word;")


def _scoped(scope: str, statements: str) -> str:
    return f"begin;\nset transaction read only;\nselect set_config('mainstay.workspaces', '{scope}', true);\n{statements}\ncommit;\n"


def _marked(rows: list[list[str]], width: int) -> list[list[str]]:
    """The rows of our own statements, without what else a script prints."""
    return [row for row in rows if len(row) == width and row[0] == _MARK]


# MARK: All of it

@dataclass
class Walk:
    """What was seen."""

    columns: int
    # In how many columns each workspace saw its own private word. Where that is none, nothing was looked at.
    own: dict[str, int]
    # With a workspace in scope, words of others, and sealed ones.
    foreign: list[str]
    # Without any in scope.
    unscoped: list[str]
    # Private words in tables for everybody, and sealed words anywhere, looked at by the superuser.
    published: list[str]
    sealed: list[str]
    # Where the superuser saw private words, and public ones.
    private: list[Sight] = field(default_factory=list)
    public: list[Sight] = field(default_factory=list)


def walk(postgres: PostgresServer, tenants: list[Tenant], guard: Guard) -> Walk:
    readable = columns(postgres)
    own: dict[str, int] = {}
    foreign: list[str] = []
    for tenant in tenants:
        seen = look(postgres, readable, tenant.id)
        own[tenant.slug] = len({(sight.table, sight.column) for sight in seen if sight.word == tenant.words.private})
        foreign += [f"{tenant.slug} sees {sight} of {guard.owner(sight.word)}" for sight in seen if is_foreign(sight.word, tenant.slug, guard)]
        told = sorted(word for word in look_at_events(postgres, guard, tenant.id) if guard.is_foreign(word, tenant.slug))
        foreign += [f"{tenant.slug} sees {word} of {guard.owner(word)} in runs.events" for word in told]
    everything = look(postgres, columns(postgres, None), role=None)
    known = [sight for sight in everything if guard.words(sight.word.encode())]
    public = {tenant.words.public for tenant in tenants}
    shown = look(postgres, [column for column in columns(postgres, None) if column.table in PUBLISHED], role=None, pattern=PUBLIC_PATTERN)
    return Walk(
        columns=len(readable), own=own, foreign=foreign,
        unscoped=[str(sight) for sight in look(postgres, readable) if guard.words(sight.word.encode())],
        published=[str(sight) for sight in known if sight.table in OPEN_TABLES],
        sealed=[str(sight) for sight in known if guard.is_sealed(sight.word)],
        private=[sight for sight in known if not guard.is_sealed(sight.word)], public=[sight for sight in shown if sight.word in public])


def is_foreign(word: str, slug: str, guard: Guard) -> bool:
    """Whether a word that a table holds is another's. One that was drawn by nobody (somebody made it up to ask for it) is not."""
    return bool(guard.words(word.encode())) and guard.is_foreign(word, slug)
