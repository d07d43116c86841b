import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// Where a request about a published agent goes.
///
/// ```
///   listed here ──▶ answered
///   removed     ──▶ 410 with the reason
///   renamed     ──▶ 301 to the same path under the new name
///   else        ──▶ 404, the same for what never was, what is private and what was taken back
/// ```
enum ListingGate {
    /// What is asked for.
    struct Address: Sendable {
        let place: ListingPlace
        /// What stands before owner and name: `/v1/agents`.
        let root: String
        /// What follows them, as it was sent, with the query.
        let rest: String

        /// - Parameters:
        ///   - root: of two segments or of one.
        ///   - owner: the name that the path has for the owner.
        init(_ request: Request, _ context: some RequestContext, root: String, owner: String) throws {
            self.root = root
            place = ListingPlace(owner: try context.pathText(owner), name: try context.pathText("name"))
            let segments = request.uri.path.split(separator: "/", omittingEmptySubsequences: true)
            let follow = segments.dropFirst(root.split(separator: "/").count + 2)
            rest = follow.map { "/\($0)" }.joined() + (request.uri.query.map { "?\($0)" } ?? "")
        }

        /// 301 to the same thing under another name. Owner and name are of a form that needs no encoding.
        func redirect(to other: ListingPlace) -> Response {
            Response(
                status: .movedPermanently,
                headers: [.location: "\(root)/\(other.owner)/\(other.name)\(rest)", .cacheControl: "public, max-age=300"])
        }
    }

    /// Says the same of what never was, what is private and what was taken back.
    static let unknown = Problem.notFound("No agent is published under this owner and name.")

    /// What was found.
    enum Found<Value: Sendable>: Sendable {
        case here(Value)
        case moved(ListingPlace)
    }

    /// What `read` makes of the listing, unless it has moved.
    /// - Throws: 404, or 410 for a removed agent.
    static func find<Value: Sendable>(
        _ place: ListingPlace, in transaction: PostgresTransaction, _ read: (DirectoryStore.Standing) async throws -> Value
    ) async throws -> Found<Value> {
        guard let standing = try await DirectoryStore.standing(owner: place.owner, name: place.name, in: transaction) else {
            guard let moved = try await DirectoryStore.moved(owner: place.owner, name: place.name, in: transaction) else { throw unknown }
            return .moved(moved)
        }
        if standing.status == .removed { throw standing.status.problem(reason: standing.reason, forbidding: "used") }
        return .here(try await read(standing))
    }

    /// Where an agent is listed now, under this address or a newer one.
    /// - Parameter allow: throws when the listing is not for what is wanted.
    /// - Throws: 404, and what `allow` throws.
    static func present(
        _ place: ListingPlace, in transaction: PostgresTransaction, allow: (DirectoryStore.Standing) throws -> Void
    ) async throws -> ListingPlace {
        var place = place
        var standing = try await DirectoryStore.standing(owner: place.owner, name: place.name, in: transaction)
        if standing == nil, let moved = try await DirectoryStore.moved(owner: place.owner, name: place.name, in: transaction) {
            place = moved
            standing = try await DirectoryStore.standing(owner: place.owner, name: place.name, in: transaction)
        }
        guard let standing else { throw unknown }
        try allow(standing)
        return place
    }

    /// - Throws: 409 for an agent in quarantine, 410 for a removed one.
    static func requireOpen(_ standing: DirectoryStore.Standing, for acts: String) throws {
        guard standing.status.isOpen else { throw standing.status.problem(reason: standing.reason, forbidding: acts) }
    }
}
