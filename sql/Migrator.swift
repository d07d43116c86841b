package import Logging
package import Postgres

#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// Brings a database up to date, as the role that owns it.
///
/// Forward only: each file is run once, in a transaction that also records it, so that a file is either run and recorded or
/// neither. The transaction holds an advisory lock of its own duration: any number of processes may start at once (each file
/// is then run by whoever comes first, and the others see it recorded), and a pooler in transaction mode is no hindrance.
///
/// ```
/// begin ─ lock ─ read records ─ plan ─┬─ nothing pending ─────────────── commit, done
///   ▲                                 ├─ refused (MigrationError) ────── rollback, nothing changed
///   └────────── again ◀───── commit ──┴─ run the next file, record it
/// ```
package struct Migrator: Sendable {
    /// One file, and when the database ran it.
    package struct Status: Sendable {
        package let migration: Migration
        /// Nil when it is still to be run.
        package let appliedAt: Date?
    }

    private let pool: PostgresPool
    private let migrations: [Migration]
    private let logger: Logger
    /// For waiting in line and for one file: a new index on a large table takes its time.
    private let limit: Duration

    /// - Parameters:
    ///   - pool: of the owner's role; one connection is enough.
    ///   - limit: for each file, with the wait for other processes. Half an hour.
    /// - Throws: `MigrationError` when the program ships files that cannot be ordered.
    package init(pool: PostgresPool, logger: Logger, limit: Duration = .seconds(1800)) throws {
        self.init(pool: pool, migrations: try Schema.migrations(), logger: logger, limit: limit)
    }

    init(pool: PostgresPool, migrations: [Migration], logger: Logger, limit: Duration = .seconds(1800)) {
        self.pool = pool
        self.migrations = migrations
        self.logger = logger
        self.limit = limit
    }

    /// Runs what is pending. Returns the files that this call ran: none when the database was up to date, or when another
    /// process was faster.
    ///
    /// - Throws: `MigrationError`, `PostgresError`. What was run before the fault stays, recorded.
    @discardableResult
    package func run() async throws -> [Migration] {
        var done: [Migration] = []
        let began = ContinuousClock.now
        while true {
            do {
                guard let migration = try await runNext() else { return done }
                logger.info("migration done", metadata: ["file": "\(migration.file)"])
                done.append(migration)
            } catch let error as PostgresError where ["55P03", "40P01"].contains(error.sqlState) && ContinuousClock.now - began < limit {
                logger.notice("a migration waits for a table that somebody reads; it is tried again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(Double.random(in: 1...3)))
            }
        }
    }

    /// What is done and what is pending, without changing anything.
    ///
    /// - Throws: as `run()`, when the files do not fit the database.
    package func status() async throws -> [Status] {
        try await pool.transaction(.unscoped, timeout: limit) { transaction in
            guard try await MigrationStore.exists(transaction) else { return migrations.map { Status(migration: $0, appliedAt: nil) } }
            let records = try await MigrationStore.records(transaction)
            _ = try MigrationPlan.pending(files: migrations, records: records.map(\.record))
            let times = Dictionary(records.map { ($0.record.number, $0.appliedAt) }, uniquingKeysWith: { $1 })
            return migrations.map { Status(migration: $0, appliedAt: times[$0.number]) }
        }
    }

    private func runNext() async throws -> Migration? {
        try await pool.transaction(.unscoped, timeout: limit) { transaction in
            try await MigrationStore.lock(transaction)
            let records = try await MigrationStore.records(transaction)
            guard let next = try MigrationPlan.pending(files: migrations, records: records.map(\.record)).first else { return nil }
            // Who waits for a table alone stops everybody who comes behind: a reader that takes long is not worth that.
            try await transaction.execute("set local lock_timeout = '3s'")
            // The first line is what errors and the server's log call it.
            try await transaction.runScript(.trusted(file: "-- migration \(next.file)\n\(next.text)"))
            try await MigrationStore.record(next, transaction)
            return next
        }
    }
}
