import ArgumentParser
import Foundation
import Jobs
import Logging
import Postgres
import Schema

/// `mainstay migrate`: brings the database to this release's schema.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database to this release's schema, as the role that owns it.",
        discussion: """
            Forward only. Any number of processes may do it at once. Needs MAINSTAY_MIGRATION_URL; the roles must exist
            (`psql -f sql/roles.sql`, once, as superuser).

            EXAMPLES
              mainstay migrate
              mainstay migrate --status
              mainstay migrate --roles | psql "$SUPERUSER_URL"
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Show what has been run and what has not; change nothing.") var status = false
    @Flag(help: "Print the script that makes the roles, and end.") var roles = false

    func run() async throws {
        if roles { return print(Schema.roles) }
        let settings = try await settings.load()
        var logger = Logger(label: "mainstay.migrate")
        logger.logLevel = .warning
        try await PostgresPool.with(try settings.postgres("migration.url", for: "migrate"), logger: logger) { [logger] pool in
            let migrator = try Migrator(pool: pool, logger: logger)
            if status {
                var table = Table("file", "applied at")
                for entry in try await migrator.status() { table.rows.append([entry.migration.file, entry.appliedAt?.formatted(.iso8601)]) }
                output.print(table)
            } else {
                let done = try await migrator.run()
                for migration in done { print("applied \(migration.file)") }
                if done.isEmpty { print("up to date") }
                await DayTable.makeAllDays(in: pool, as: .unscoped, logger: logger)
            }
        }
    }
}
