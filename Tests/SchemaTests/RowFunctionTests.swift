import TestSupport
import Testing

/// From 15.20 on PostgreSQL alters no table whose rows a function with a parsed body takes or returns: the next migration of that table
/// would fail on every server.
@Suite struct RowFunctionTests {
    @Test func `No function with a parsed body takes or returns a table's row`() async throws {
        let database = try await TestDatabase.make()
        let found = try await database.psql(
            """
            select p.oid::regprocedure from pg_proc p
            where p.prosqlbody is not null and p.pronamespace not in (select oid from pg_namespace where nspname ~ '^pg_|^information_schema$')
              and exists (
                select 1 from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype) as used (type)
                join pg_type t on t.oid = used.type left join pg_type e on e.oid = t.typelem
                where 'c' in (t.typtype, e.typtype))
            """)
        #expect(found.isEmpty, "give them a text for a body: \(found)")
    }
}
