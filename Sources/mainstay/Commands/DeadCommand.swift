import ArgumentParser
import Foundation
import Jobs
import Web
import Workspaces

/// `mainstay dead`: jobs that will not be tried again by themselves.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "List, show, replay, discard and export dead letters.",
        discussion: """
            EXAMPLES
              mainstay dead list --kind agent.fork --since 2h
              mainstay dead list --summary
              mainstay dead show 019ab3…
              mainstay dead replay 019ab3…                          twice is one replay
              mainstay dead replay --code 57014 --dry-run           says what it would do
              mainstay dead replay --code 57014 --limit 10 --yes    the newest ten
              mainstay dead discard 019ab3…
              mainstay dead export 019ab3… --output fixture.json    without secrets, for a test

            EXIT CODES
              0 done   1 failed   2 nothing matched   64 misuse
            """,
        subcommands: [List.self, Show.self, Replay.self, Discard.self, Export.self], defaultSubcommand: List.self)

    /// Which letters are meant. Shared by all that take more than one.
    struct Filter: ParsableArguments {
        @Option(help: "Only jobs of this kind.") var kind: String?
        @Option(help: "Only jobs that died of this code.") var code: String?
        @Option(help: "Only jobs of this queue.") var queue: String?
        @Option(help: "Only jobs of this workspace: its slug or id.") var workspace: String?
        @Option(help: "Only jobs that died since: 2h, 3d ago, or a time such as 2026-01-31 or 2026-01-31T08:30:00Z.") var since: String?
        @Option(help: "Only jobs that died before: the same forms.") var until: String?
        @Option(help: "Only jobs whose error holds this text, in any case of its letters.") var text: String?

        var isEmpty: Bool { [kind, code, queue, workspace, since, until, text].allSatisfy { $0 == nil } }

        func validate() throws { _ = try span(now: Date()) }

        /// - Throws: `ValidationError` for a word that is no time, and for an end before the beginning.
        func span(now: Date) throws -> (since: Date?, until: Date?) {
            func date(_ word: String?, _ option: String) throws -> Date? {
                guard let word else { return nil }
                guard let date = MomentWord.date(word, now: now) else {
                    throw ValidationError("\(option) takes a duration such as 90s, 15m, 2h, 3d or 1w, or a time such as 2026-01-31T08:30:00Z")
                }
                return date
            }
            let span = (since: try date(since, "--since"), until: try date(until, "--until"))
            if let since = span.since, let until = span.until, since >= until { throw ValidationError("--since comes before --until") }
            return span
        }

        func resolved(_ stores: Stores) async throws -> DeadLetterFilter {
            var filter = DeadLetterFilter()
            filter.kind = kind
            filter.code = code
            filter.queue = queue
            filter.text = text
            let span = try span(now: Date())
            filter.since = span.since
            filter.until = span.until
            guard let workspace else { return filter }
            if let id = UUID(uuidString: workspace) { filter.workspace = id } else { filter.workspace = try await stores.workspace(workspace) }
            return filter
        }
    }

    /// A job's id as it was typed.
    static func job(_ word: String) throws -> UUID {
        guard let job = UUID(uuidString: word) else { throw ValidationError("\"\(word)\" is no job id") }
        return job
    }

    /// The letter of one job, and whatever else is asked in the same breath; ends the program with code 2 without one.
    static func withLetter<R: Sendable>(
        _ word: String, _ settings: SettingsOptions, _ body: @escaping @Sendable (DeadLetter, Stores) async throws -> R
    ) async throws -> R {
        let job = try job(word)
        let found = try await Stores.with(try await settings.load(), for: "dead") { stores -> R? in
            guard let letter = try await stores.administration.letters.find(job) else { return nil }
            return try await body(letter, stores)
        }
        guard let found else {
            Talk.say("there is no dead letter \(word)")
            throw ExitCode.nothingMatched
        }
        return found
    }
}

extension ExitCode {
    /// No dead letter is what was asked for.
    static let nothingMatched = ExitCode(2)
}

/// A point in time as a person types it.
enum MomentWord {
    /// `2h`, `1d12h`: so long ago. `2026-01-31`, `2026-01-31T08:30:00Z`: then (in UTC). Nil for anything else.
    static func date(_ word: String, now: Date) -> Date? {
        if let seconds = seconds(word) { return now.addingTimeInterval(-seconds) }
        return WireCoding.date(word.count == 10 ? word + "T00:00:00Z" : word)
    }

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// Whole numbers with their units, ten years at the most.
    static func seconds(_ word: String) -> Double? {
        var total = 0.0
        var digits = ""
        for character in word {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                guard let unit = units[character], let number = Double(digits) else { return nil }
                total += number * unit
                digits = ""
            }
        }
        return digits.isEmpty && !word.isEmpty && total <= 3650 * 86_400 ? total : nil
    }
}
