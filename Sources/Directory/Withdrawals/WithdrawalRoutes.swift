import Foundation
import Hummingbird
import Postgres
import Web

/// What left the directory, for whoever keeps a copy of it: the other half of `updated_since`, which lists what is found.
struct WithdrawalRoutes: Sendable {
    let pool: PostgresPool

    /// Mounts and describes `/v1/directory/withdrawals`.
    func mount(in routes: inout APIRoutes) {
        routes.onOpen(Self.list, use: list)
    }

    private func list(_ request: Request, _ context: AppContext) async throws -> Page<WithdrawalAnswer> {
        let page = try PageRequest<WithdrawalCursor>(request)
        guard let since = try DirectorySearch.updatedSince(try Query(request)) else { throw DirectorySearch.withoutTime }
        let found = try await pool.transaction(.unscoped) { transaction in
            try await WithdrawalStore.page(since: since, after: page.after, limit: page.limit + 1, in: transaction)
        }
        return try Page(found.map(WithdrawalAnswer.init), for: page, key: \.key)
    }

    static let list = APIOperation(
        .get, "/v1/directory/withdrawals", summary: "What left the directory, the earliest first",
        description: """
            For whoever keeps a copy: `updated_since` of `/v1/directory` lists what is found, and this what is not found any more. An address that is \
            found again is in this list no longer.
            """,
        tag: "Directory",
        parameters: [
            .init(
                "updated_since", in: .query, "Only what left at this time or later, in RFC 3339.", required: true,
                schema: .string(format: "date-time")),
            .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of addresses that are not found.", schema: .page(of: WithdrawalAnswer.schema))])
}

/// An address that left the directory.
struct WithdrawalAnswer: Encodable, Sendable {
    /// Where an agent is listed.
    struct Place: Encodable, Sendable {
        let owner: String
        let name: String

        init(_ place: ListingPlace) {
            owner = place.owner
            name = place.name
        }
    }

    /// What pages are cut at; not shown.
    let key: WithdrawalCursor
    let owner: String
    let name: String
    let status: Withdrawal.Status
    let movedTo: Place?
    let updatedAt: Date

    private enum CodingKeys: String, CodingKey {
        case owner, name, status
        case movedTo = "moved_to"
        case updatedAt = "updated_at"
    }

    init(_ withdrawal: Withdrawal) {
        key = withdrawal.cursor
        owner = withdrawal.place.owner
        name = withdrawal.place.name
        status = withdrawal.status
        movedTo = withdrawal.movedTo.map(Place.init)
        updatedAt = withdrawal.updatedAt
    }

    static let schema = JSONSchema.named(
        "Withdrawal",
        .object(
            [
                "owner": .string(), "name": .string(),
                "status": .string(
                    "`withdrawn`: taken back, or its workspace was deleted. `quarantined`, `removed`: by operators.",
                    oneOf: Withdrawal.Status.allCases.map(\.rawValue)),
                "moved_to": .object(["owner": .string(), "name": .string()], description: "Where a renamed agent is now."),
                "updated_at": .time,
            ], optional: ["moved_to"]))
}
