import ArgumentParser
import Foundation
import Jobs

extension DeadCommand {
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One dead letter: every failure, what was done about it, and the body without its secrets.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String
        @Flag(help: "The body as it is, secrets and all.") var body = false
        @Flag(help: "As JSON, with a version.") var json = false

        func run() async throws {
            let isWhole = body
            let sheet = try await DeadCommand.withLetter(id, settings) { letter, stores in
                let names = try await WorkspaceNames.of([letter.workspace], stores)
                let status = try await stores.administration.status(of: letter)
                return DeadSheet(letter, workspace: names[letter.workspace], job: status?.state, isWhole: isWhole)
            }
            print(try json ? sheet.json : sheet.text)
        }
    }
}

/// What `show` tells of a dead letter.
struct DeadSheet: Encodable, Sendable {
    struct Discard: Encodable, Sendable {
        let at: Date
        let by: String?
    }

    /// Of this form.
    let version = 1
    let id: String
    let kind: String
    let payloadVersion: Int
    let queue: String
    let workspace: String
    let workspaceName: String?
    let state: String
    let attempts: Int
    let acceptedAt: Date
    let diedAt: Date
    let traceID: String?
    let code: String
    let error: String
    /// Every failed attempt, oldest first; the last one is what the job died of.
    let history: [FailedAttempt]
    let replays: [DeadLetterReplay]
    let discarded: Discard?
    /// Of a letter that was replayed: what became of the job.
    let job: String?
    /// A body that is no JSON is what killed the job, perhaps: it is shown as text, or as base64.
    let body: FixtureValue
    let bodyForm: String
    let bodyIsRedacted: Bool

    private enum CodingKeys: String, CodingKey {
        case version, id, kind, queue, workspace, state, attempts, code, error, history, replays, discarded, job, body
        case payloadVersion = "payload_version"
        case workspaceName = "workspace_name"
        case acceptedAt = "accepted_at"
        case diedAt = "died_at"
        case traceID = "trace_id"
        case bodyForm = "body_form"
        case bodyIsRedacted = "body_is_redacted"
    }

    init(_ letter: DeadLetter, workspace name: String?, job state: JobStatus.State?, isWhole: Bool) {
        id = letter.id.lowercased
        kind = letter.kind
        payloadVersion = letter.version
        queue = letter.queue
        workspace = letter.workspace.lowercased
        workspaceName = name
        self.state = letter.state.rawValue
        attempts = letter.attempts
        acceptedAt = letter.acceptedAt
        diedAt = letter.diedAt
        traceID = letter.trace.map { String($0.traceID) }
        code = letter.code
        error = letter.error
        history = letter.failures
        replays = letter.replays
        discarded = letter.discardedAt.map { Discard(at: $0, by: letter.discardedBy) }
        // Retention takes an acceptance and its outcome, and leaves the letter.
        job = letter.state == .replayed ? state?.rawValue ?? "forgotten" : nil
        let found = DeadLetterFixture.Body(letter.body)
        var redaction = Redaction()
        switch isWhole ? found : found.redacted(by: &redaction) {
        case .json(let value):
            body = value
            bodyForm = "json"
        case .text(let text):
            body = .string(text)
            bodyForm = "text"
        case .bytes(let bytes):
            body = .string(Data(bytes).base64EncodedString())
            bodyForm = "base64"
        }
        bodyIsRedacted = !isWhole
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var text: String {
        get throws {
            func time(_ date: Date) -> String { date.formatted(.iso8601) }
            let place = workspaceName.map { "\($0) (\(workspace))" } ?? workspace
            var facts: [(name: String, text: String)] = [
                ("queue", queue), ("workspace", place), ("state", state),
                ("attempts", "\(attempts)"), ("accepted", time(acceptedAt)), ("died", time(diedAt)), ("trace", traceID ?? "–"),
                ("version", "\(payloadVersion)"), ("code", code), ("error", error),
            ]
            for replay in replays { facts.append(("replayed", "\(time(replay.at)) by \(replay.by ?? "–")")) }
            if let job { facts.append(("its job", job)) }
            if let discarded { facts.append(("discarded", "\(time(discarded.at)) by \(discarded.by ?? "–")")) }
            var table = Table("#replay", "#attempt", "at", "code", "error")
            for failure in history {
                table.rows.append(["\(failure.generation)", "\(failure.attempt)", time(failure.at), failure.code, failure.error])
            }
            let lines = facts.map { "  \($0.name.padding(toLength: 11, withPad: " ", startingAt: 0))\($0.text)" }
            let shown: String
            if case .string(let words) = body {
                shown = words
            } else {
                shown = String(decoding: try body.json(isPretty: true), as: UTF8.self)
            }
            let note = bodyIsRedacted ? "body (\(bodyForm); without secrets, --body shows it as it is)" : "body (\(bodyForm))"
            return "\(kind) \(id)\n\(lines.joined(separator: "\n"))\n\n\(table.text)\n\n\(note)\n\(shown)"
        }
    }
}
