import ArgumentParser
import Foundation
import Logging
import Postgres
import Workspaces

/// `mainstay audit`: the access log. (`mainstay verify` is about jobs.)
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read the access log, who was given or refused what, and verify that nobody has changed it.",
        discussion: """
            The log only grows, each entry holds the hash of the one before, and every now and then a checkpoint is signed with
            MAINSTAY_AUDIT_KEY. (Jobs, accepted and finished, are `mainstay verify`'s.)

            EXAMPLES
              mainstay audit tail
              mainstay audit tail --follow --action access.suspicious
              mainstay audit tail --workspace acme --json
              mainstay audit verify
              mainstay audit verify --checkpoint head.json     and keep the file where the database's people cannot write

            EXIT CODES
              0 the log is whole   2 it was changed, cut or forged   1 could not be looked at
            """,
        subcommands: [Verify.self, Tail.self], defaultSubcommand: Tail.self)

    /// It asks PostgreSQL and nothing else.
    static func with<R: Sendable>(_ settings: Settings, _ body: @Sendable (PostgresPool) async throws -> R) async throws -> R {
        var logger = Logger(label: "mainstay.audit")
        logger.logLevel = .error
        return try await PostgresPool.with(try settings.postgres(for: "audit"), logger: logger, body)
    }
}
