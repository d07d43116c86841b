import ArgumentParser
import Foundation
import Jobs

/// `mainstay dead`: jobs that will not be tried again by themselves.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "List, show, replay and discard dead letters.",
        discussion: """
            EXAMPLES
              mainstay dead list --kind agent.fork
              mainstay dead show 019ab3…
              mainstay dead replay 019ab3…           says what it would do
              mainstay dead replay 019ab3… --yes     does it; twice is one replay
            """,
        subcommands: [List.self, Show.self, Replay.self, Discard.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The newest dead letters.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only this kind.") var kind: String?
        @Option(help: "How many at the most.") var limit: Int = 50

        func run() async throws {
            let letters = try await Stores.with(try await settings.load(), for: "dead") { stores in
                try await stores.administration.letters.list(kind: kind, limit: limit)
            }
            var table = Table("id", "kind", "#attempts", "code", "error", "died at")
            for letter in letters {
                table.rows.append([
                    letter.id.lowercased, letter.kind, "\(letter.attempts)", letter.code, String(letter.error.prefix(80)),
                    letter.diedAt.formatted(.iso8601),
                ])
            }
            output.print(table)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One dead letter with its failures and its body.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String

        func run() async throws {
            let letter = try await Self.find(id, settings)
            var object: [String: Any] = [
                "id": letter.id.lowercased, "workspace": letter.workspace.lowercased, "kind": letter.kind, "version": letter.version,
                "queue": letter.queue, "attempts": letter.attempts, "code": letter.code, "error": letter.error,
                "accepted_at": letter.acceptedAt.formatted(.iso8601), "died_at": letter.diedAt.formatted(.iso8601),
            ]
            object["history"] = try JSONSerialization.jsonObject(with: Data(letter.history))
            // A body that is no JSON is what killed the job, perhaps: it is shown as text.
            object["body"] =
                (try? JSONSerialization.jsonObject(with: Data(letter.body), options: .fragmentsAllowed))
                ?? String(decoding: letter.body, as: UTF8.self)
            print(try PrettyJSON.text(try JSONSerialization.data(withJSONObject: object)))
        }

        static func find(_ id: String, _ settings: SettingsOptions) async throws -> DeadLetter {
            guard let job = UUID(uuidString: id) else { throw ValidationError("\"\(id)\" is no job id") }
            let found = try await Stores.with(try await settings.load(), for: "dead") { try await $0.administration.letters.find(job) }
            guard let found else { throw ValidationError("there is no dead letter \(id)") }
            return found
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put a dead letter back among the accepted jobs.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String
        @Flag(help: "Do it; without it, only say what would be done.") var yes = false

        func run() async throws {
            let letter = try await Show.find(id, settings)
            guard yes else {
                print("would replay \(letter.kind) \(letter.id.lowercased), dead of \(letter.code) after \(letter.attempts) attempts; --yes does it")
                return
            }
            let replayed = try await Stores.with(try await settings.load(), for: "dead") { try await $0.administration.replay(letter) }
            print(replayed ? "replayed" : "it was replayed or discarded before")
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a dead letter off the list for good.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String
        @Flag(help: "Do it; without it, only say what would be done.") var yes = false

        func run() async throws {
            let letter = try await Show.find(id, settings)
            guard yes else {
                print("would discard \(letter.kind) \(letter.id.lowercased); its outcome stays dead; --yes does it")
                return
            }
            let discarded = try await Stores.with(try await settings.load(), for: "dead") { try await $0.administration.letters.discard(letter) }
            print(discarded ? "discarded" : "it was replayed or discarded before")
        }
    }
}
