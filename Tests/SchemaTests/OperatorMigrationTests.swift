import Logging
import Postgres
import TestSupport
import Testing

@testable import Schema

@Suite(.timeLimit(.minutes(1)))
struct OperatorMigrationTests {
    @Test func `Operators' tokens of the release before become those of one operator a name, and no other token becomes one`() async throws {
        let database = try await TestDatabase.makeEmpty()
        let shipped = try Schema.migrations()
        try await withPool(database.ownerURL) { pool in
            let logger = Logger(label: "test.migrator")
            _ = try await Migrator(pool: pool, migrations: shipped.filter { $0.number < 41 }, logger: logger).run()
            _ = try await database.psql(
                """
                insert into workspaces (id, slug, name) values ('00000000-0000-7000-8000-00000000000a', 'acme', 'Acme');
                insert into users (id, name) values ('00000000-0000-7000-8000-00000000000b', 'Una');
                insert into members (workspace_id, user_id, role)
                  values ('00000000-0000-7000-8000-00000000000a', '00000000-0000-7000-8000-00000000000b', 'owner');
                insert into tokens (workspace_id, id, user_id, name, prefix, hash, scopes)
                  select '00000000-0000-7000-8000-00000000000a', gen_random_uuid(), user_id::uuid, name, 'mst_', sha256(convert_to(mark, 'UTF8')),
                    scopes::text[]
                  from (values
                    ('1', null, 'Ann', '{operations:read}'), ('2', null, 'ann ', '{operator}'), ('3', null, 'bob', '{tickets:read,directory:moderate}'),
                    ('4', null, '  ', '{audit:read}'), ('5', null, 'ci', '{jobs:read}'),
                    ('6', '00000000-0000-7000-8000-00000000000b', 'una', '{jobs:read,operations:write}')
                  ) as given (mark, user_id, name, scopes);
                """)
            _ = try await Migrator(pool: pool, logger: logger).run()
        }
        let held = try await database.psql(
            """
            select t.name || '=' || coalesce(o.name, '-') from tokens t left join operators o on o.id = t.operator_id order by t.name collate "C"
            """)
        #expect(held == "  =operator\nAnn=ann\nann =ann\nbob=bob\nci=-\nuna=-\n")
        #expect(try await database.psql("select string_agg(name, ' ' order by name) from operators") == "ann bob operator\n")
        #expect(try await database.psql("select relforcerowsecurity from pg_class where relname = 'tokens'") == "t\n")
    }
}
