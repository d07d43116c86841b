import ArgumentParser
import Foundation

@main
struct Mainstay: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "mainstay",
        abstract:
            "The reliable back of an open agent platform: accepts work over HTTP, carries it in Redis Streams, keeps what must be true in PostgreSQL.",
        discussion: """
            EXAMPLES
              mainstay up                        a private stack with workers
              mainstay chat owner/agent "Hello"  an answer, token by token
              mainstay profile -- swift build    where a build's memory goes
              mainstay report sla-compliance     a report from the database

            Settings come from MAINSTAY_* variables or a YAML file (--config).
            `set -a; . .mainstay/env` takes those of a stack that `up` started.

            EXIT CODES
              0 done   1 failed   2 found what should not be   64 misuse
            """,
        version: version,
        subcommands: [
            UpCommand.self, ServeCommand.self, WorkCommand.self, MigrateCommand.self, DoctorCommand.self, VerifyCommand.self, AuditCommand.self,
            QueuesCommand.self, TopCommand.self, JobsCommand.self, DeadCommand.self, AgentCommand.self, DirectoryCommand.self, PluginsCommand.self,
            TicketCommand.self, ChatCommand.self, ToolCommand.self, CredentialsCommand.self, BudgetCommand.self, UsageCommand.self,
            ProfileCommand.self, ReportCommand.self, TokenCommand.self, WorkspaceCommand.self, DemoCommand.self, EmulateCommand.self,
            BenchCommand.self,
        ])
}
