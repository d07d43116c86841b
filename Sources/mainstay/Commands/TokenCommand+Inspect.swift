import ArgumentParser
import Foundation
import Web
import Workspaces

extension TokenCommand {
    struct Inspect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell whether a text can be a token, and with a database what becomes of requests that show it.",
            discussion: """
                STATES
                  valid, expired, revoked, locked (its use looked suspicious), workspace deleted

                EXAMPLES
                  mainstay token inspect mst_…
                  mainstay token inspect mst_… --offline    from the text alone
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The token.") var token: String
        @Flag(help: "Ask no database, though one is set.") var offline = false

        func run() async throws {
            guard let secret = TokenSecret(token) else {
                print("no token: a token is mst_ with 36 letters and digits whose checksum is right")
                throw ExitCode.failure
            }
            let hasDatabase = try await settings.load().text("database.url") != nil
            guard hasDatabase, !offline else { return print("well formed, begins with \(secret.prefix)") }
            guard let found = try await TokenCommand.with(settings, { try await $0.tokens.find(secret) }) else {
                print("well formed, begins with \(secret.prefix), and the database has no such token")
                throw ExitCode.failure
            }
            output.print(Self.table(found))
        }

        static func table(_ found: TokenStore.Inspected) -> Table {
            let token = found.token
            var table = Table(
                "id", "name", "operator", "begins with", "workspace", "state", "created", "expires", "last used", "locked until",
                "replaced by")
            table.rows.append([
                token.id.uuidString.lowercased(), token.name, found.operator?.name, token.prefix, found.workspace,
                found.isWorkspaceDeleted && token.state == .valid ? "workspace deleted" : token.state.rawValue,
                token.createdAt.formatted(.iso8601), token.expiresAt?.formatted(.iso8601), token.lastUsedAt?.formatted(.iso8601),
                token.state == .locked ? token.lockedUntil?.formatted(.iso8601) : nil, token.replacedBy?.uuidString.lowercased(),
            ])
            return table
        }
    }
}
