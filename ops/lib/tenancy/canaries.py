"""Whether the run has written into every table that a tenant may write: where no canary stands, a leak would have nothing to be seen by.

The tables are the catalogue's: a new one, of which nobody has thought here, is a broken promise until an act writes a word into it.
"""

from __future__ import annotations

from chaos.servers import PostgresServer

from .walk import PUBLISHED, Sight

# Tables of tenants into which no tenant's own words come, each with the reason.
WORDLESS = {
    "dead_letters": "nothing dies in this run; that is a promise of its own",
    "escalations": "a deadline of hours passes in no run; its words are the server's",
    "job_groups": "no route makes groups: they are for jobs that the program enqueues together",
    "job_limits": "operators set them at the command line; their word is a queue's name",
    "members": "the text is a role",
    "provider_credentials": "the only word of a tenant's is a provider's name, which the access log tells operators; the key is sealed",
    "run_steps": "the words are those of providers and models that an operator has set up",
    "run_tool_outputs": "what is longer than an event, of a tool that the server calls; it is gone when its run is finished",
    "sla_clocks": "the words are the server's",
    "sla_policies": "no route writes them",
}


def tables(postgres: PostgresServer) -> list[str]:
    """Those that have rows of workspaces, and a column that may hold a text."""
    rows = postgres.query(
        """
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
          and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped)
          and exists (
            select 1 from pg_attribute a join pg_type t on t.oid = a.atttypid
            where a.attrelid = c.oid and not a.attisdropped and a.attnum > 0 and t.typname in ('text', '_text', 'varchar', 'json', 'jsonb'))
        order by 1;
        """)
    return [row[0] for row in rows]


def faults(found: list[str], private: list[Sight], public: list[Sight]) -> list[str]:
    """Pure: tables of the catalogue in which no word stands, and exceptions of tables that are none.

    - `private`, `public`: words of the run's workspaces, of each sort, wherever the superuser saw them.
    """
    with_private, with_public = ({sight.table for sight in sights} for sights in (private, public))
    told = [f"{name}: no canary of any workspace" for name in found if name not in with_private | WORDLESS.keys() | set(PUBLISHED)]
    told += [f"{name}: no public word of any workspace" for name in PUBLISHED if name not in with_public]
    return told + [f"{name}: an exception (canaries.py), and no table of tenants with texts" for name in {*WORDLESS, *PUBLISHED} if name not in found]
