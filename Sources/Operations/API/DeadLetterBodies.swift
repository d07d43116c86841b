import Foundation
import Jobs
import Web

/// A dead letter as a list of the API shows it.
struct DeadLetterLineBody: Encodable, Sendable {
    let id: String
    let workspace: String
    let kind: String
    let queue: String
    let state: String
    let attempts: Int
    let replays: Int
    let code: String
    let error: String
    let acceptedAt: Date
    let diedAt: Date
    let url: String

    init(_ line: DeadLetterLine) {
        id = line.key.id.lowercased
        workspace = line.key.workspace.lowercased
        kind = line.kind
        queue = line.queue
        state = line.state.rawValue
        attempts = line.attempts
        replays = line.replays
        code = line.code
        error = line.error
        acceptedAt = line.acceptedAt
        diedAt = line.diedAt
        url = "/v1/operations/dead-letters/\(id)"
    }

    private enum CodingKeys: String, CodingKey {
        case id, workspace, kind, queue, state, attempts, replays, code, error, url
        case acceptedAt = "accepted_at"
        case diedAt = "died_at"
    }

    static let schema = JSONSchema.named(
        "DeadLetterLine",
        .object([
            "id": .uuid, "workspace": .uuid, "kind": .string(), "queue": .string(),
            "state": .string(oneOf: DeadLetterState.allCases.map(\.rawValue)), "attempts": .integer(minimum: 0),
            "replays": .integer(minimum: 0), "code": .string("Stable, for grouping."), "error": .string("The first 2,000 characters."),
            "accepted_at": .time, "died_at": .time, "url": .string(),
        ]))
}

/// One dead letter: every failure, what was done about it, and the body without its secrets.
struct DeadLetterBody: Encodable, Sendable {
    struct Failure: Encodable, Sendable {
        let generation: Int
        let attempt: Int
        let at: Date
        let code: String
        let error: String
    }

    struct Act: Encodable, Sendable {
        let at: Date
        let by: String?
    }

    let id: String
    let workspace: String
    let kind: String
    let version: Int
    let queue: String
    let state: String
    let attempts: Int
    let code: String
    let error: String
    let acceptedAt: Date
    let diedAt: Date
    let traceID: String?
    let history: [Failure]
    let replays: [Act]
    let discarded: Act?
    let body: JSONValue
    let bodyForm: String

    init(_ letter: DeadLetter) {
        id = letter.id.lowercased
        workspace = letter.workspace.lowercased
        kind = letter.kind
        version = letter.version
        queue = letter.queue
        state = letter.state.rawValue
        attempts = letter.attempts
        code = letter.code
        error = letter.error
        acceptedAt = letter.acceptedAt
        diedAt = letter.diedAt
        traceID = letter.trace.map { String($0.traceID) }
        history = letter.failures.map { Failure(generation: $0.generation, attempt: $0.attempt, at: $0.at, code: $0.code, error: $0.error) }
        replays = letter.replays.map { Act(at: $0.at, by: $0.by) }
        discarded = letter.discardedAt.map { Act(at: $0, by: letter.discardedBy) }
        let shown = RedactedBody(letter)
        bodyForm = shown.form
        body = shown.json ?? .string(shown.text)
    }

    private enum CodingKeys: String, CodingKey {
        case id, workspace, kind, version, queue, state, attempts, code, error, history, replays, discarded, body
        case acceptedAt = "accepted_at"
        case diedAt = "died_at"
        case traceID = "trace_id"
        case bodyForm = "body_form"
    }

    static let schema = JSONSchema.named(
        "DeadLetter",
        .object(
            [
                "id": .uuid, "workspace": .uuid, "kind": .string(), "version": .integer(), "queue": .string(),
                "state": .string(oneOf: DeadLetterState.allCases.map(\.rawValue)), "attempts": .integer(minimum: 0), "code": .string(),
                "error": .string(), "accepted_at": .time, "died_at": .time, "trace_id": .string(),
                "history": .array(
                    of: .object([
                        "generation": .integer(minimum: 0), "attempt": .integer(minimum: 0), "at": .time, "code": .string(), "error": .string(),
                    ])),
                "replays": .array(of: .object(["at": .time, "by": .string()], optional: ["by"])),
                "discarded": .object(["at": .time, "by": .string()], optional: ["by"]), "body": .any,
                "body_form": .string("What the body is.", oneOf: ["json", "text", "base64"]),
            ], optional: ["trace_id", "discarded"]))
}

/// The body of a dead letter without secrets, as far as rules can find them.
struct RedactedBody: Sendable {
    /// `json`, `text` or `base64`.
    let form: String
    /// For a page: JSON over several lines, or the text.
    let text: String
    /// Nil for what is no JSON.
    let json: JSONValue?

    init(_ letter: DeadLetter) {
        var redaction = Redaction()
        switch DeadLetterFixture.Body(letter.body).redacted(by: &redaction) {
        case .json(let value):
            let bytes = (try? value.json(isPretty: true)) ?? []
            form = "json"
            text = String(decoding: bytes, as: UTF8.self)
            json = try? WireCoding.decoder.decode(JSONValue.self, from: Data(bytes))
        case .text(let words):
            form = "text"
            text = words
            json = nil
        case .bytes(let bytes):
            form = "base64"
            text = Data(bytes).base64EncodedString()
            json = nil
        }
    }
}

/// The answer to `replay` and `discard` of one letter.
struct ActBody: Encodable, Sendable {
    let id: String
    /// After it.
    let state: String
    /// False when it was so before.
    let changed: Bool

    static let schema = JSONSchema.object([
        "id": .uuid, "state": .string(oneOf: DeadLetterState.allCases.map(\.rawValue)), "changed": .boolean,
    ])
}
