import Postgres

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The table `schema_migrations`: one row a file that was run.
enum MigrationStore {
    /// Taken until the transaction ends. The number is `mainstay` in ASCII, so that it meets nobody else's by chance.
    private static let takeLock: SQL = """
        -- lock migrations
        select pg_advisory_xact_lock(7881696745979404665)
        """

    private static let createTable: SQL = """
        -- create schema_migrations
        create table if not exists schema_migrations (
          number integer primary key,
          name text not null,
          digest text not null,
          applied_at timestamptz not null default clock_timestamp()
        )
        """

    /// The server's role may see whether the schema is the one it was built for.
    private static let grant: SQL = """
        -- grant select on schema_migrations
        grant select on schema_migrations to mainstay_server
        """

    private static let find: SQL = """
        -- find schema_migrations
        select to_regclass('public.schema_migrations') is not null as found
        """

    private static let list: SQL = """
        -- list migrations
        select number, name, digest, applied_at from schema_migrations order by number
        """

    private static let insert: SQL = """
        -- record migration
        insert into schema_migrations (number, name, digest) values ($1, $2, $3)
        """

    /// Waits until this transaction is the only one that migrates, and makes the table if it is the first of all.
    static func lock(_ transaction: PostgresTransaction) async throws {
        // Alone in its trip: what follows must see what the holder before us committed.
        try await transaction.execute(takeLock)
        guard try await !exists(transaction) else { return }
        transaction.submit(createTable)
        try await transaction.execute(grant)
    }

    static func exists(_ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.query(find).first?.decode("found") ?? false
    }

    static func records(_ transaction: PostgresTransaction) async throws -> [(record: MigrationRecord, appliedAt: Date)] {
        try await transaction.query(list).map { row in
            let record = MigrationRecord(
                number: Int(try row.decode("number", as: Int32.self)), name: try row.decode("name"), digest: try row.decode("digest"))
            return (record, try row.decode("applied_at"))
        }
    }

    static func record(_ migration: Migration, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(insert, Int32(migration.number), migration.name, migration.digest)
    }
}
