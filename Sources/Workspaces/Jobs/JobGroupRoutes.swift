import Foundation
import HTTPTypes
import Hummingbird
package import Jobs
package import Web

/// `GET /v1/job-groups/{id}`: how far jobs that belong together have come, and which one follows them.
package struct JobGroupRoutes: Sendable {
    private let status: @Sendable (UUID, UUID) async throws -> JobGroupStatus?

    package init(producer: JobProducer) {
        self.init(status: { try await producer.group($0, workspace: $1) })
    }

    /// - Parameter status: of a group's id and its workspace.
    init(status: @escaping @Sendable (UUID, UUID) async throws -> JobGroupStatus?) {
        self.status = status
    }

    package func routes() -> APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.get) { _, context in
            guard let group = try await status(try context.pathID(), context.identity.workspace) else {
                throw Problem.notFound("The workspace has no such group of jobs.")
            }
            return JobGroupBody(group)
        }
        return routes
    }

    static let get = APIOperation(
        .get, "/v1/job-groups/{id}", summary: "How far a group of jobs has come", tag: "Jobs", scope: Scope.jobsRead.rawValue,
        answers: [.init(.ok, "The group", schema: JobGroupBody.schema)])
}

/// A group as the API shows it.
struct JobGroupBody: ResponseEncodable {
    struct FollowUp: Encodable {
        let id: String
        let kind: String
        let url: String?
    }

    let id: String
    let state: String
    let total: Int
    let remaining: Int
    let dead: Int
    let then: FollowUp
    let createdAt: Date
    let closedAt: Date?

    init(_ group: JobGroupStatus) {
        id = group.id.lowercased
        state = group.closedAt == nil ? "open" : "closed"
        total = group.total
        remaining = group.remaining
        dead = group.dead
        then = FollowUp(
            id: group.then.lowercased, kind: group.thenKind, url: group.closedAt == nil ? nil : AcceptedBody.url(group.then))
        createdAt = group.createdAt
        closedAt = group.closedAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, state, total, remaining, dead, then
        case createdAt = "created_at"
        case closedAt = "closed_at"
    }

    static let schema = JSONSchema.named(
        "JobGroup",
        .object(
            [
                "id": .uuid,
                "state": .string("`closed` when all members have ended; then the follow-up is accepted.", oneOf: ["open", "closed"]),
                "total": .integer("Members.", minimum: 0),
                "remaining": .integer("Members that have not ended: neither done nor cancelled, nor dead and discarded.", minimum: 0),
                "dead": .integer(
                    "Of `remaining`, those whose jobs are dead: they hold the group open until an operator replays or discards them.", minimum: 0),
                "then": .object(
                    ["id": .uuid, "kind": .string(), "url": .string("Where to ask for its state, once the group is closed.")], optional: ["url"],
                    description: "The job that follows."),
                "created_at": .time, "closed_at": .time,
            ], optional: ["closed_at"]))
}
