import Foundation
import Jobs
import Web

/// A job as a list of the API shows it.
struct JobLineBody: Encodable, Sendable {
    let id: String
    let workspace: String
    let workspaceName: String
    let kind: String
    let queue: String?
    let state: String
    let attempts: Int
    let error: String?
    let acceptedAt: Date
    let finishedAt: Date?
    let url: String

    init(_ line: JobLine) {
        id = line.key.id.lowercased
        workspace = line.key.workspace.lowercased
        workspaceName = line.slug
        kind = line.kind
        queue = line.queue
        state = line.state.rawValue
        attempts = line.attempts
        error = line.error
        acceptedAt = line.acceptedAt
        finishedAt = line.finishedAt
        url = "/v1/operations/jobs/\(id)"
    }

    private enum CodingKeys: String, CodingKey {
        case id, workspace, kind, queue, state, attempts, error, url
        case workspaceName = "workspace_name"
        case acceptedAt = "accepted_at"
        case finishedAt = "finished_at"
    }

    static let schema = JSONSchema.named(
        "OperatorJobLine",
        .object(
            [
                "id": .uuid, "workspace": .uuid, "workspace_name": .string(), "kind": .string(), "queue": .string(),
                "state": .string(oneOf: JobStatus.State.allCases.map(\.rawValue)), "attempts": .integer("Attempts that have ended.", minimum: 0),
                "error": .string("The first 500 characters."), "accepted_at": .time, "finished_at": .time, "url": .string(),
            ], optional: ["queue", "error", "finished_at"]))
}

/// One job with its story. Its body is not shown; that of a dead letter is, without secrets, with the letter.
struct JobAccountBody: Encodable, Sendable {
    struct Worker: Encodable, Sendable {
        let id: String
        let name: String?
        let host: String?
    }

    /// A worker has it in its hands by its own last report.
    struct Running: Encodable, Sendable {
        let worker: String
        let host: String
        let seconds: Double
    }

    struct Event: Encodable, Sendable {
        let event: String
        let at: Date?
        let generation: Int
        let attempt: Int?
        let code: String?
        let error: String?
        let by: String?

        init(_ event: JobEvent) {
            self.event = event.name.rawValue
            at = event.at
            generation = event.generation
            attempt = event.attempt
            code = event.code
            error = event.text
            by = event.by
        }
    }

    let id: String
    let workspace: String
    let workspaceName: String?
    let kind: String
    let version: Int?
    let queue: String?
    let state: String
    let attempts: Int
    let error: String?
    let result: JSONValue?
    let acceptedAt: Date
    let finishedAt: Date?
    let dueAt: Date?
    let cancelRequestedAt: Date?
    let traceID: String?
    let worker: Worker?
    let running: Running?
    let progress: Double?
    let note: String?
    let deadLetter: String?
    let isAppendPending: Bool
    let isQueueKnown: Bool
    let timeline: [Event]

    init(_ account: JobAccount, running: RunningNow?) {
        id = account.key.id.lowercased
        workspace = account.key.workspace.lowercased
        workspaceName = account.slug
        kind = account.kind
        version = account.version
        queue = account.queue
        state = account.state.rawValue
        attempts = account.attempts
        error = account.error
        result = account.result.flatMap { Self.withoutSecrets($0) }
        acceptedAt = account.acceptedAt
        finishedAt = account.finishedAt
        dueAt = account.dueAt
        cancelRequestedAt = account.cancelRequestedAt
        traceID = account.traceID
        worker = account.worker.map { Worker(id: $0.id.lowercased, name: $0.name, host: $0.host) }
        self.running = running.map {
            Running(worker: $0.worker, host: $0.host, seconds: $0.running.seconds)
        }
        progress = account.progress ?? running?.running.progress
        note = account.note ?? running?.running.note
        deadLetter = account.letter?.rawValue
        isAppendPending = account.isUnderWay
        isQueueKnown = account.isQueueKnown
        timeline = account.events.map { Event($0) }
    }

    /// A result is a tenant's: an operator sees its shape.
    static func withoutSecrets(_ json: [UInt8]) -> JSONValue? {
        guard let value = FixtureValue(json: json) else { return nil }
        var redaction = Redaction()
        guard let bytes = try? redaction.json(value).json() else { return nil }
        return try? WireCoding.decoder.decode(JSONValue.self, from: Data(bytes))
    }

    private enum CodingKeys: String, CodingKey {
        case id, workspace, kind, version, queue, state, attempts, error, result, worker, running, progress, note, timeline
        case workspaceName = "workspace_name"
        case acceptedAt = "accepted_at"
        case finishedAt = "finished_at"
        case dueAt = "due_at"
        case cancelRequestedAt = "cancel_requested_at"
        case traceID = "trace_id"
        case deadLetter = "dead_letter"
        case isAppendPending = "append_pending"
        case isQueueKnown = "queue_known"
    }

    static let schema = JSONSchema.named(
        "OperatorJob",
        .object(
            [
                "id": .uuid, "workspace": .uuid, "workspace_name": .string(), "kind": .string(), "version": .integer(minimum: 1),
                "queue": .string(), "state": .string(oneOf: JobStatus.State.allCases.map(\.rawValue)),
                "attempts": .integer("Attempts that have ended.", minimum: 0), "error": .string(), "result": .any, "accepted_at": .time,
                "finished_at": .time, "due_at": .time, "cancel_requested_at": .time, "trace_id": .string(),
                "worker": .object(["id": .uuid, "name": .string(), "host": .string()], optional: ["name", "host"]),
                "running": .object(["worker": .string(), "host": .string(), "seconds": .number()]),
                "progress": .number("How far a long job is, from 0 to 1."), "note": .string(),
                "dead_letter": .string("What was done about its dead letter.", oneOf: DeadLetterState.allCases.map(\.rawValue)),
                "append_pending": .boolean, "queue_known": .boolean,
                "timeline": .array(
                    of: .object(
                        [
                            "event": .string(oneOf: JobEvent.Name.allCases.map(\.rawValue)), "at": .time,
                            "generation": .integer("How often it had been replayed by then.", minimum: 0), "attempt": .integer(minimum: 1),
                            "code": .string(), "error": .string(), "by": .string(),
                        ], optional: ["at", "attempt", "code", "error", "by"])),
            ],
            optional: [
                "workspace_name", "version", "queue", "error", "result", "finished_at", "due_at", "cancel_requested_at", "trace_id", "worker",
                "running", "progress", "note", "dead_letter",
            ]))
}
