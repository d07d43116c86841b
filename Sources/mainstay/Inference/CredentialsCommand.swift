import ArgumentParser
import Foundation
import Inference
import Logging
import Postgres
import Workspaces

/// `mainstay credentials`: keys of model providers that a workspace brings.
struct CredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Set, list and remove the workspace's keys of model providers; seal all secrets anew.",
        discussion: """
            `set`, `list` and `remove` ask the ingress (MAINSTAY_URL, MAINSTAY_TOKEN). A key is read from standard input, so that it is in no
            history and no list of processes, and it is never shown again. `rotate` is an operator's: it needs MAINSTAY_DATABASE_URL and
            MAINSTAY_CREDENTIALS_KEYS with the new key in front of the old ones.

            EXAMPLES
              mainstay credentials set openai < key.txt
              mainstay credentials list
              mainstay credentials remove openai
              mainstay credentials rotate
            """,
        subcommands: [Put.self, List.self, Remove.self, Rotate.self], defaultSubcommand: List.self)

    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Bring a key of a provider, from standard input. Another one takes its place within a second.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The provider's name, as the installation calls it.") var provider: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            guard let key = readLine(strippingNewline: true)?.trimmingCharacters(in: .whitespaces), !key.isEmpty else {
                throw ValidationError("standard input holds no key: `mainstay credentials set \(provider) < key.txt`")
            }
            let answer = try await client.raw(
                .put, "/v1/provider-credentials/\(try PathWord.checked(provider))", body: try APIClient.encoder.encode(["key": key]))
            let kept = try APIClient.decoder.decode(CredentialItem.self, from: answer)
            print("\(kept.provider): kept, ends in \(kept.hint)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Which keys there are, by their ends.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let page: CredentialPage = try await client.call(.get, "/v1/provider-credentials")
            var table = Table("provider", "ends in", "sealed under", "created", "last used")
            for item in page.items { table.rows.append([item.provider, item.hint, item.sealedUnder, item.createdAt, item.lastUsedAt]) }
            output.print(table)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a key: within a second no run begins with it any more.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The provider's name.") var provider: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            _ = try await client.raw(.delete, "/v1/provider-credentials/\(try PathWord.checked(provider))")
            print("removed")
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal every secret that lies under an older key under the first one. Exit code 2: some do not open.",
            discussion: """
                Of all workspaces: keys of providers, and secrets of tools. It may be broken off and run again, and runs go on meanwhile. When it says
                that nothing is left, the older keys can go from MAINSTAY_CREDENTIALS_KEYS.
                """)
        @OptionGroup var settings: SettingsOptions

        func run() async throws {
            let settings = try await settings.load()
            let keys = try settings.sealingKeys()
            var logger = Logger(label: "mainstay.credentials")
            logger.logLevel = .error
            let found = try await PostgresPool.with(try settings.postgres(for: "credentials"), logger: logger) { pool in
                let rotation = SecretRotation(pool: pool, keys: keys)
                let workspaces = WorkspaceStore(pool: pool, multiUser: true)
                var found = SecretRotation.Outcome()
                var last: String?
                while true {
                    let page = try await workspaces.list(after: last)
                    guard let end = page.last else { break }
                    last = end.slug
                    for workspace in page {
                        let outcome = try await rotation.rotate(workspace.id, by: .commandLine)
                        found.resealed += outcome.resealed
                        found.closed += outcome.closed.map { "\(workspace.slug): \($0)" }
                    }
                }
                return found
            }
            print("sealed anew: \(found.resealed)")
            guard found.closed.isEmpty else {
                for line in found.closed { Talk.say("does not open: \(line)") }
                throw ExitCode.found
            }
        }
    }
}

// MARK: What the ingress answers

private struct CredentialItem: Decodable {
    let provider: String
    let hint: String
    let sealedUnder: String
    let createdAt: String
    let lastUsedAt: String?

    enum CodingKeys: String, CodingKey {
        case provider, hint
        case sealedUnder = "sealed_under"
        case createdAt = "created_at"
        case lastUsedAt = "last_used_at"
    }
}

private struct CredentialPage: Decodable {
    let items: [CredentialItem]
}
