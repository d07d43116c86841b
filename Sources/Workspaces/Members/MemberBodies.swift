import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// What `PATCH /v1/workspace/members/{id}` reads.
struct RoleRequest: Decodable {
    let role: String

    /// - Throws: a 422 problem.
    func validated() throws -> Member.Role {
        guard let role = Member.Role(rawValue: role) else { throw Problem.invalid([Self.fault]) }
        return role
    }

    static let words = Member.Role.allCases.map(\.rawValue)
    static let fault = FieldFault(body: ["role"], "This is no role.", expected: words.joined(separator: ", "))
    static let schema = JSONSchema.object(["role": .string(oneOf: words)])
}

/// What `POST /v1/workspace/transfer` reads.
struct TransferRequest: Decodable {
    let member: UUID

    static let schema = JSONSchema.object(["member": .string("The id of the member who is to be the owner.", format: "uuid")])
}

/// A member as the API shows it. Addresses are for those who look after members.
struct MemberBody: ResponseEncodable, Sendable {
    struct Person: Encodable, Sendable {
        let id: String
        let name: String
        let email: String?
    }

    /// What a page's cursor holds.
    let key: UUID
    let id: String
    let user: Person
    let role: String
    let since: Date

    init(_ member: Member, showsAddress: Bool) {
        key = member.user.id
        id = member.id.lowercased
        user = Person(id: member.user.id.lowercased, name: member.user.name, email: showsAddress ? member.user.email : nil)
        role = member.role.rawValue
        since = member.since
    }

    private enum CodingKeys: String, CodingKey { case id, user, role, since }

    static let schema = JSONSchema.named(
        "Member",
        .object([
            "id": .string("Of the membership.", format: "uuid"),
            "user": .object(
                ["id": .uuid, "name": .string(), "email": .string("Shown to tokens with `members:admin`.")], optional: ["email"]),
            "role": .string(oneOf: RoleRequest.words), "since": .time,
        ]))
}

/// A workspace's own state, in the answers of what ends it and takes that back.
struct WorkspaceStateBody: ResponseEncodable {
    let id: String
    let slug: String
    let name: String
    let createdAt: Date
    let deletedAt: Date?
    let purgeAt: Date?

    init(_ workspace: Workspace) {
        id = workspace.id.lowercased
        slug = workspace.slug
        name = workspace.name
        createdAt = workspace.createdAt
        deletedAt = workspace.deletedAt
        purgeAt = workspace.purgeAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, slug, name
        case createdAt = "created_at"
        case deletedAt = "deleted_at"
        case purgeAt = "purge_at"
    }

    static let schema = JSONSchema.named(
        "WorkspaceState",
        .object(
            [
                "id": .uuid, "slug": .string("Its name in URLs."), "name": .string(), "created_at": .time, "deleted_at": .time,
                "purge_at": .string("Until then a deleted workspace can be restored. RFC 3339, UTC.", format: "date-time"),
            ], optional: ["deleted_at", "purge_at"]))
}
