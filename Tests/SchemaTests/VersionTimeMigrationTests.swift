import Logging
import Postgres
import TestSupport
import Testing

@testable import Schema

@Suite(.timeLimit(.minutes(1)))
struct VersionTimeMigrationTests {
    @Test func `A listing of the release before counts since its version came, or since it is there again`() async throws {
        let database = try await TestDatabase.makeEmpty()
        let shipped = try Schema.migrations()
        try await withPool(database.ownerURL) { pool in
            let logger = Logger(label: "test.migrator")
            _ = try await Migrator(pool: pool, migrations: shipped.filter { $0.number < 54 }, logger: logger).run()
            _ = try await database.psql(
                """
                set session_replication_role = replica;
                insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary,
                    character, published_at, semantic_version)
                  select 'acme', name, gen_random_uuid(), '00000000-0000-7000-8000-00000000000a', agent::uuid, 1, sha256('x'), 'v2', 'A', 's', '{}',
                    published_at::timestamptz, version
                  from (values
                    ('anew', '00000000-0000-7000-8000-000000000011', '2026-01-01', '1.0.0'),
                    ('again', '00000000-0000-7000-8000-000000000012', '2026-03-03', '1.0.0'),
                    ('plain', '00000000-0000-7000-8000-000000000013', '2026-01-01', null)
                  ) as given (name, agent, published_at, version);
                insert into published_versions (workspace_id, id, agent_id, version, precedence, prerelease, number, publisher, digest, shape,
                    character, published_at)
                  select workspace_id, gen_random_uuid(), agent_id, semantic_version, semantic_version, false, 1, 'p', digest, shape, '{}', '2026-02-02'
                  from published_agents where semantic_version is not null;
                """)
            _ = try await Migrator(pool: pool, migrations: shipped, logger: logger).run()
        }
        let found = try await database.psql("select name, (released_at at time zone 'utc')::date from published_agents order by name")
        #expect(found == "again|2026-03-03\nanew|2026-02-02\nplain|2026-01-01\n")
    }
}
