import Foundation
import Hummingbird
import Jobs
import Web
import Workspaces

extension OperationsRoutes {
    func accessLog(_ request: Request, _ context: IdentifiedContext) async throws -> Page<AccessLogBody> {
        let page = try PageRequest<Int>(request)
        let query = try Query(request)
        let start = try query.integer("after", in: 0...Int.max) ?? 0
        let filter = AccessLogStore.Filter(
            workspace: try await desk.filters.workspace(query["workspace"]), action: try query.word("action", as: AccessAction.self))
        let entries = try await desk.log.entries(after: page.after ?? start, filter, limit: page.limit + 1)
        return try Page(entries.map { AccessLogBody($0) }, for: page, key: \.entry)
    }
}

/// An entry of the access log, with the hash that the next one is chained to.
struct AccessLogBody: Encodable, Sendable {
    let entry: Int
    let at: Date
    let action: String
    let actor: String
    let workspace: String?
    let subject: String
    let details: [String: String]
    let hash: String

    init(_ entry: AccessLogEntry) {
        self.entry = entry.sequence
        at = entry.at
        action = entry.action
        actor = "\(entry.actorKind):\(entry.actor)"
        workspace = entry.workspace?.lowercased
        subject = entry.subject
        details = entry.details ?? [:]
        hash = entry.hash.hexadecimal
    }

    static let schema = JSONSchema.named(
        "AccessLogEntry",
        .object(
            [
                "entry": .integer("1, 2, 3, …", minimum: 1), "at": .time, "action": .string("Such as `token.made`."),
                "actor": .string("Who did it: `token:ID`, `operator:NAME`, `system:NAME`."), "workspace": .uuid, "subject": .string(),
                "details": .map(of: .string()), "hash": .string("Of this entry and, by it, of all before.", pattern: "^[0-9a-f]{64}$"),
            ], optional: ["workspace"]))
}
