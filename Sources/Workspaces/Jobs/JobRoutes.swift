import Foundation
import HTTPTypes
import Hummingbird
package import Jobs
package import Web

/// `GET /v1/jobs/{id}`: what became of the work that was handed in; `POST /v1/jobs/{id}/cancel`: it is not wanted any more.
package struct JobRoutes: Sendable {
    private let status: @Sendable (UUID, UUID, Duration) async throws -> JobStatus?
    private let cancel: @Sendable (UUID, UUID, Idempotency?) async throws -> JobStatus?

    package init(producer: JobProducer) {
        self.init(
            status: { id, workspace, timeout in
                timeout > .zero
                    ? try await producer.wait(id, workspace: workspace, timeout: timeout) : try await producer.status(id, workspace: workspace)
            }, cancel: { try await producer.cancel($0, workspace: $1, idempotency: $2) })
    }

    /// - Parameter status: a job's id, its workspace, and how long to wait for its outcome.
    init(
        status: @escaping @Sendable (UUID, UUID, Duration) async throws -> JobStatus?,
        cancel: @escaping @Sendable (UUID, UUID, Idempotency?) async throws -> JobStatus? = { _, _, _ in nil }
    ) {
        self.status = status
        self.cancel = cancel
    }

    package func routes() -> APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.get) { request, context in
            let wait = try Query(request).duration("wait", upTo: .seconds(60)) ?? .zero
            let (id, workspace, hold) = (try context.pathID(), context.identity.workspace, context.hold)
            let look: @Sendable () async throws -> JobStatus = {
                guard let job = try await status(id, workspace, wait) else { throw Problem.notFound("The workspace has no such job.") }
                return job
            }
            let job = try await (wait > .zero ? request.whileClientWaits { try await hold.whileGood(look) } : look())
            return EditedResponse(headers: wait > .zero ? [.connection: "close"] : [:], response: JobBody(job))
        }
        routes.on(Self.cancelling) { request, context in
            let body = try await request.readAction(in: context)
            let workspace = context.identity.workspace
            let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body).map { Idempotency(key: $0.key, digest: $0.digest) }
            guard let job = try await cancel(try context.pathID(), workspace, key) else {
                throw Problem.notFound("The workspace has no such job.")
            }
            return EditedResponse(status: job.state.isFinal ? .ok : .accepted, response: JobBody(job))
        }
        return routes
    }

    static let get = APIOperation(
        .get, "/v1/jobs/{id}", summary: "A job's state", tag: "Jobs", scope: Scope.jobsRead.rawValue,
        parameters: [
            .init(
                "wait", in: .query,
                "Waits for the outcome, at most so long: `10s`, `500ms`; up to `60s`. The state at the end is answered either way.")
        ],
        answers: [.init(.ok, "The job", schema: JobBody.schema)])

    static let cancelling = APIOperation(
        .post, "/v1/jobs/{id}/cancel", summary: "Cancel a job",
        description: """
            A job of a kind that cannot be cancelled, such as `ticket.escalate`, is left as it is: 409 of the type `urn:mainstay:problem:refused`.
            """,
        tag: "Jobs", scope: Scope.jobsWrite.rawValue,
        parameters: [.idempotencyKey], request: .action,
        answers: [
            .init(
                .accepted, "It is asked for: the job ends as `cancelled`, unless it was done by then. `GET /v1/jobs/{id}?wait=10s` tells.",
                schema: JobBody.schema),
            .init(.ok, "There was nothing to cancel: the job had ended", schema: JobBody.schema),
        ], problems: [.conflict])
}

/// A job as the API shows it.
struct JobBody: ResponseEncodable {
    let id: String
    let kind: String
    let state: String
    let attempts: Int
    let error: String?
    let result: JSONValue?
    let acceptedAt: Date
    let finishedAt: Date?
    let progress: Double?
    let note: String?
    let url: String

    init(_ job: JobStatus) {
        id = job.id.lowercased
        kind = job.kind
        state = job.state.rawValue
        attempts = job.attempts
        error = job.error
        result = job.result.flatMap { try? WireCoding.decoder.decode(JSONValue.self, from: Data($0)) }
        acceptedAt = job.acceptedAt
        finishedAt = job.finishedAt
        progress = job.progress
        note = job.note
        url = AcceptedBody.url(job.id)
    }

    private enum CodingKeys: String, CodingKey {
        case id, kind, state, attempts, error, result, progress, note, url
        case acceptedAt = "accepted_at"
        case finishedAt = "finished_at"
    }

    static let schema = JSONSchema.named(
        "Job",
        .object(
            [
                "id": .uuid, "kind": .string("Such as `ticket.create`."),
                "state": .string(
                    """
                    `queued`: accepted, without a known end; it waits, or is in a worker's hands at this moment: batches are over within milliseconds, \
                    and that one has begun is written down for runs only. `running`: a worker has begun it (runs). `retrying`: it failed, and waits \
                    for its next attempt or is in it. `done`, `dead` (given up; an operator may replay it) and `cancelled` are final.
                    """, oneOf: JobStatus.State.allCases.map(\.rawValue)),
                "attempts": .integer("Attempts that have ended.", minimum: 0), "error": .string("Why the last attempt failed."),
                "result": .any, "accepted_at": .time, "finished_at": .time,
                "progress": .number("How far a long job is whose handler tells it, from 0 to 1; some seconds old at the most."),
                "note": .string("A few words of the handler's, with `progress`."), "url": .string(),
            ], optional: ["error", "result", "finished_at", "progress", "note"]))
}
