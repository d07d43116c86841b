import HTTPTypes
import Jobs
import Web
import Workspaces

/// The descriptions of the routes.
extension OperationsRoutes {
    private static let tag = "Operations"
    private static let reading = Scope.operationsRead.rawValue
    private static let writing = Scope.operationsWrite.rawValue

    static let overview = APIOperation(
        .get, "/v1/operations/overview", summary: "Queues, workers and handlers at this moment", tag: tag, scope: reading,
        answers: [.init(.ok, "The fleet", schema: FleetSchema.overview)])

    static let overviewEvents = APIOperation(
        .get, "/v1/operations/overview/events", summary: "The same once a second, as events", tag: tag, scope: reading,
        answers: [
            .events("`overview` with the body of `GET /v1/operations/overview`; `unknown` while a store does not answer. It ends with the token.")
        ])

    static let queue = APIOperation(
        .get, "/v1/operations/queues/{queue}", summary: "What an autoscaler goes by",
        description: "503 when the queue cannot be measured: unknown is never zero.", tag: tag, scope: reading,
        answers: [.init(.ok, "The queue", schema: QueueSignalsBody.schema)])

    static let pause = APIOperation(
        .post, "/v1/operations/queues/{queue}/pause", summary: "Pause a queue",
        description: "Jobs are accepted and wait; workers finish what they have. Heard within a second. Pausing it again gives it the new reason.",
        tag: tag, scope: writing, request: .init(PauseRequest.schema, limit: BodyLimit.action, required: false),
        answers: [.init(.ok, "It is paused", schema: PauseBody.schema)])

    static let resume = APIOperation(
        .post, "/v1/operations/queues/{queue}/resume", summary: "Let a paused queue go on", tag: tag, scope: writing, request: .action,
        answers: [.init(.ok, "It goes on", schema: PauseBody.schema)])

    static let jobs = APIOperation(
        .get, "/v1/operations/jobs", summary: "Search jobs, the newest first",
        description: """
            Over all workspaces unless one is named. A page may hold few jobs or none and have a `next_cursor`: so many were looked at. Jobs of \
            `stream` kinds that wait are not listed; their ids find them.
            """,
        tag: tag, scope: reading,
        parameters: [
            .init("workspace", in: .query, "Its name or id."), .init("kind", in: .query, "Such as `ticket.create`."),
            .init(
                "state", in: .query, "`queued`: without an outcome, retries among them. `running`: runs that a worker has begun.",
                schema: .string(oneOf: JobFilter.State.allCases.map(\.rawValue))),
            since("Accepted"), until("Accepted"), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of jobs", schema: .page(of: JobLineBody.schema))])

    static let job = APIOperation(
        .get, "/v1/operations/jobs/{id}", summary: "A job and what happened to it", tag: tag, scope: reading, parameters: [workspace],
        answers: [.init(.ok, "The job", schema: JobAccountBody.schema)])

    static let cancel = APIOperation(
        .post, "/v1/operations/jobs/{id}/cancel", summary: "Cancel a job of any workspace",
        description: """
            A job of a kind that cannot be cancelled, such as `ticket.escalate`, is left as it is: 409 of the type `urn:mainstay:problem:refused`.
            """,
        tag: tag, scope: writing, parameters: [workspace],
        request: .action,
        answers: [
            .init(.accepted, "It is asked for: the job ends as `cancelled`, unless it was done by then.", schema: JobAccountBody.schema),
            .init(.ok, "There was nothing to cancel: the job had ended", schema: JobAccountBody.schema),
        ], problems: [.conflict])

    static let deadLetters = APIOperation(
        .get, "/v1/operations/dead-letters", summary: "List dead letters, the newest first", tag: tag, scope: reading,
        parameters: [
            .init("kind", in: .query, "Such as `ticket.create`."), .init("code", in: .query, "What they died of."),
            .init("queue", in: .query, "Of this queue."), .init("workspace", in: .query, "Its name or id."), since("Died"), until("Died"),
            .init("text", in: .query, "The error holds this text, in any case of its letters."),
            .init(
                "state", in: .query, "`open` unless said otherwise.", schema: .string(oneOf: LetterStates.allCases.map(\.rawValue))),
            .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of dead letters", schema: .page(of: DeadLetterLineBody.schema))])

    static let deadLetter = APIOperation(
        .get, "/v1/operations/dead-letters/{id}", summary: "A dead letter with its history",
        description: "The id is the job's. The body is shown without the secrets that rules can find.", tag: tag, scope: reading,
        answers: [.init(.ok, "The dead letter", schema: DeadLetterBody.schema)])

    static let replay = APIOperation(
        .post, "/v1/operations/dead-letters/{id}/replay", summary: "Put a dead letter back among the accepted jobs",
        description: "Twice is one replay. 409 for a letter that was discarded, and for what is no job.", tag: tag, scope: writing, request: .action,
        answers: [.init(.ok, "It is replayed", schema: ActBody.schema)], problems: [.conflict])

    static let discard = APIOperation(
        .post, "/v1/operations/dead-letters/{id}/discard", summary: "Take a dead letter off the list for good",
        description: "It is kept, with who discarded it, and never replayed. 409 for a letter that was replayed.", tag: tag, scope: writing,
        request: .action, answers: [.init(.ok, "It is discarded", schema: ActBody.schema)], problems: [.conflict])

    static let replayMany = APIOperation(
        .post, "/v1/operations/dead-letters/replay", summary: "Replay the open dead letters that a filter means",
        description: "Without `\"dry_run\": false` it only says which. The newest first, at most \(OperatorDesk.most) a call.", tag: tag,
        scope: writing, request: .init(BulkReplayRequest.schema, limit: BodyLimit.action),
        answers: [.init(.ok, "What was meant, and what was done", schema: BulkReplayBody.schema)])

    static let accessLog = APIOperation(
        .get, "/v1/operations/access-log", summary: "Read the access log, in order",
        description: "Numbers are given in the order of commits: who asks again with `after` behind the last entry that was seen misses none.",
        tag: tag, scope: Scope.auditRead.rawValue,
        parameters: [
            .init("after", in: .query, "Entries behind this number.", schema: .integer(minimum: 0)),
            .init("action", in: .query, "Only this action.", schema: .string(oneOf: AccessAction.allCases.map(\.rawValue))),
            .init("workspace", in: .query, "Only what is about this workspace: its name or id."), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of entries, oldest first", schema: .page(of: AccessLogBody.schema))])

    private static let workspace = APIOperation.Parameter(
        "workspace", in: .query, "The workspace's name or id, for an id that several have; the first one without it.")

    private static func since(_ what: String) -> APIOperation.Parameter {
        .init("since", in: .query, "\(what) then or later: a time, or how long ago: `15m`, `2h`, `3d`.")
    }

    private static func until(_ what: String) -> APIOperation.Parameter {
        .init("until", in: .query, "\(what) before: the same forms.")
    }
}

/// The fleet's overview in words of a schema.
enum FleetSchema {
    static let overview = JSONSchema.named(
        "FleetOverview",
        .object(
            ["at": .time, "queues": .array(of: queue), "workers": .array(of: worker), "handlers": .array(of: handler)],
            description: "A number that is not known is left out: it is never zero."))

    private static let queue = JSONSchema.object(
        [
            "name": .string(), "known": .boolean, "ready": .integer(minimum: 0), "running": .integer(minimum: 0), "parked": .integer(minimum: 0),
            "later": .integer(minimum: 0), "oldest_age_seconds": .number(minimum: 0), "per_second": .number(minimum: 0),
            "seconds_to_empty": .number(minimum: 0), "workers": .integer(minimum: 0), "paused": .boolean, "pause_reason": .string(),
        ],
        optional: [
            "ready", "running", "parked", "later", "oldest_age_seconds", "per_second", "seconds_to_empty", "workers", "pause_reason",
        ])

    private static let worker = JSONSchema.object(
        [
            "id": .uuid, "name": .string(), "host": .string(), "pid": .integer(), "version": .string(), "queues": .array(of: .string()),
            "started_at": .time, "state": .string(oneOf: ["working", "silent", "stopped", "dead"]), "running": .array(of: running),
            "per_second": .number(minimum: 0),
        ], optional: ["per_second"])

    private static let running = JSONSchema.object(
        [
            "kind": .string(), "job": .string("Absent for a batch.", format: "uuid"), "jobs": .integer(minimum: 1), "seconds": .number(minimum: 0),
            "progress": .number("From 0 to 1.", minimum: 0), "note": .string(),
        ], optional: ["job", "progress", "note"])

    private static let handler = JSONSchema.object(
        [
            "kind": .string(), "per_second": .number(minimum: 0), "mean_seconds": .number(minimum: 0), "slowest_seconds": .number(minimum: 0),
        ], optional: ["per_second", "mean_seconds", "slowest_seconds"])
}
