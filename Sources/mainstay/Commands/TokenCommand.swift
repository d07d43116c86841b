import ArgumentParser
import Foundation
import Logging
import Postgres
import Web
import Workspaces

/// `mainstay token`: what opens the API.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list, rotate, revoke, unlock and inspect tokens.",
        discussion: """
            They are made in the database, so an operator needs MAINSTAY_DATABASE_URL and no token. A token is shown once.

            EXAMPLES
              mainstay token create --name ci --scopes profiles:write --days 90
              mainstay token create --name desk --workspace acme
              mainstay token create --operator --name ann --scope operations:read --scope directory:moderate
              mainstay token list
              mainstay token list --operators               the tokens of operators, which no workspace lists
              mainstay token rotate 019ab3… --overlap 2h    another secret; the old one ends two hours later
              mainstay token revoke 019ab3… --yes
              mainstay token unlock 019ab3…
              mainstay token inspect mst_…                  its state; without a database, whether its checksum is right
            """,
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self, Unlock.self, Inspect.self], defaultSubcommand: List.self)

    /// Shared by those that act in a workspace.
    struct Place: ParsableArguments {
        @Option(help: "The workspace's slug.") var workspace = Workspace.defaultSlug

        func find(_ workspaces: Workspaces) async throws -> Workspace {
            guard let found = try await workspaces.workspaces.find(slug: workspace) else {
                throw ValidationError("there is no workspace \"\(workspace)\"; `mainstay workspace list` shows them, `create` makes one")
            }
            return found
        }
    }

    /// - Parameter multiUser: by the setting without it; for a command that has looked at the setting by a rule of its own.
    static func with<R: Sendable>(
        _ settings: SettingsOptions, multiUser: Bool? = nil, _ body: @Sendable (Workspaces) async throws -> R
    ) async throws -> R {
        let settings = try await settings.load()
        var logger = Logger(label: "mainstay.token")
        logger.logLevel = .error
        return try await PostgresPool.with(try settings.postgres(for: "token"), logger: logger) { [logger] pool in
            try await body(Workspaces(pool: pool, multiUser: try multiUser ?? settings.flag("multi.user"), logger: logger))
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token and print it, once.",
            discussion: """
                With --operator the name is who the operator is, in any case of its letters: the token is one more of the operator of that
                name, who is made where there is none. The access log names operators, and an appeal is decided by another one than the
                decision was: so give each person a name, and no name to two.

                EXAMPLES
                  mainstay token create --name ci --scopes profiles:write --days 90
                  mainstay token create --operator --name ann     another token of ann, or the first one
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var place: Place
        @Option(help: "What it is for; with --operator, the operator that it is for.") var name: String
        @Flag(name: .customLong("operator"), help: "A token for whoever runs the installation: it opens /ops and /v1/operations.")
        var isForOperator = false
        @Option(
            name: [.customLong("scopes"), .customLong("scope")],
            help: "A scope, or several with commas between; may be given again. All of a workspace, or of an operator, without it.")
        var scopes: [String] = []
        @Option(help: "Days until it expires; never without it.") var days: Int?

        func validate() throws {
            _ = try Self.chosen(scopes, isForOperator: isForOperator)
            guard !isForOperator || (1...200).contains(operatorName.unicodeScalars.count) else {
                throw ValidationError("--name is the operator's: 1 to 200 characters that are not all spaces")
            }
            guard let days, !Token.days.contains(days) else { return }
            let bounds = "\(Token.days.lowerBound) to \(Token.days.upperBound)"
            throw ValidationError("--days is a number from \(bounds); without it the token never expires")
        }

        private var operatorName: String { name.trimmingCharacters(in: .whitespacesAndNewlines) }

        /// - Throws: `ValidationError` for a word that is no scope, for a workspace's scope of an operator's token, and for an operator's of
        ///   any other: it would be nobody's.
        static func chosen(_ words: [String], isForOperator: Bool) throws -> Set<Scope> {
            guard !words.isEmpty else { return isForOperator ? Scope.installation : Scope.workspace }
            let allowed = Scope.allCases.filter { Scope.workspace.contains($0) != isForOperator }
            return Set(
                try words.flatMap { $0.split(separator: ",") }.map { word in
                    let known = Scope(rawValue: String(word))
                    guard let scope = known, allowed.contains(scope) else {
                        if known != nil, !isForOperator { throw ValidationError("\"\(word)\" is a scope of operators: add --operator") }
                        let kind = isForOperator ? "scope of operators" : "scope"
                        throw ValidationError("\"\(word)\" is no \(kind); there are \(allowed.map(\.rawValue).joined(separator: ", "))")
                    }
                    return scope
                })
        }

        func run() async throws {
            let chosen = try Self.chosen(scopes, isForOperator: isForOperator)
            if place.workspace != Workspace.defaultSlug {
                try MultiUser.require(try await settings.load(), "a token of the workspace \"\(place.workspace)\"")
            }
            let expiry = days.map { Date().addingTimeInterval(Double($0) * 86400) }
            let wanted = isForOperator ? operatorName : nil
            let made = try await TokenCommand.with(settings) { [name, chosen, place] workspaces in
                let workspace = try await place.find(workspaces)
                var holder: Operator?
                if let wanted { holder = try await workspaces.operators.named(wanted) }
                return try await workspaces.tokens.create(
                    workspace: workspace.id, user: nil, operator: holder, name: holder?.name ?? name, scopes: chosen, expiresAt: expiry,
                    by: .commandLine)
            }
            Talk.say("Keep it: it is not shown again. Its id is \(made.token.id.uuidString.lowercased()).")
            print(made.secret?.text ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The tokens of a workspace, the newest first, with their states and last use; or those of operators.",
            discussion: """
                EXAMPLES
                  mainstay token list --workspace acme
                  mainstay token list --operators     of all operators, with the workspace that each lies in
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var place: Place
        @Flag(help: "The tokens of operators in place of a workspace's own.") var operators = false
        @Option(help: "How many at the most.") var limit: Int = 200

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
        }

        func run() async throws {
            let columns = ["id", "name", "begins with", "scopes", "created", "expires", "last used", "state", "replaced by"]
            let rows = if operators { try await ofOperators() } else { try await ofWorkspace() }
            var table = Table((operators ? ["operator", "workspace"] + columns : columns).map { Table.Column(title: $0) })
            table.rows = Array(rows.prefix(limit))
            output.print(table)
            if rows.count > limit { Talk.say("There are more: --limit shows them.") }
        }

        private func ofWorkspace() async throws -> [[String?]] {
            try await TokenCommand.with(settings) { [place, limit] workspaces in
                try await workspaces.tokens.list(workspace: try await place.find(workspaces).id, limit: limit + 1).map(Self.row)
            }
        }

        private func ofOperators() async throws -> [[String?]] {
            try await TokenCommand.with(settings) { [limit] workspaces in
                try await workspaces.operators.tokens(limit: limit + 1).map { [$0.operator.name, $0.workspace] + Self.row($0.token) }
            }
        }

        private static func row(_ token: Token) -> [String?] {
            [
                token.id.uuidString.lowercased(), token.name, token.prefix, token.scopes.sorted().joined(separator: " "),
                token.createdAt.formatted(.iso8601), token.expiresAt?.formatted(.iso8601), token.lastUsedAt?.formatted(.iso8601),
                token.state.rawValue, token.replacedBy?.uuidString.lowercased(),
            ]
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a token: it is refused everywhere within a second.",
            discussion: """
                An operator's token ends here alone, by its id and the workspace that it lies in: `mainstay token list --operators`.

                EXAMPLES
                  mainstay token revoke 019ab3…                          says what would be done
                  mainstay token revoke 019ab3… --yes
                  mainstay token revoke 019ab3… --workspace acme --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var place: Place
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The token's id.") var id: String

        func validate() throws { _ = try TokenCommand.id(id) }

        func run() async throws {
            let token = try TokenCommand.id(id)
            try await TokenCommand.with(settings) { [place, confirmation, id] workspaces in
                let workspace = try await place.find(workspaces)
                guard let found = try await workspaces.tokens.find(token, workspace: workspace.id, orOperators: true) else {
                    throw ValidationError("the workspace has no token \(id); `mainstay token list --workspace \(workspace.slug)` shows them")
                }
                if found.state != .revoked { try confirmation.ask(Self.warning(found, of: workspace)) }
                _ = try await workspaces.tokens.revoke(token, workspace: workspace.id, by: .commandLine)
            }
            print("revoked")
        }

        static func warning(_ token: Token, of workspace: Workspace) -> String {
            let used = token.lastUsedAt.map { "last used at \($0.formatted(.iso8601))" } ?? "never used"
            return "the token \"\(token.name)\" of \(workspace.slug), \(used), would be refused everywhere, for good"
        }
    }

    /// A token's id as it was typed.
    static func id(_ word: String) throws -> UUID {
        guard let id = UUID(uuidString: word) else { throw ValidationError("\"\(word)\" is no token id; `mainstay token list` shows them") }
        return id
    }
}
