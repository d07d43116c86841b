import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import TestSupport
import Testing
import Web

@testable import Workspaces

/// A member of acme with a token of its own, which may all that the role allows.
struct Guest: Sendable {
    let member: Member
    let token: Token
    let secret: TokenSecret
}

/// The code that a piece of work was refused with; nil when it was done, or failed for another reason.
func refusal(_ body: () async throws -> some Any) async -> WorkspaceError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? WorkspaceError)?.code
    }
}

extension InvitationStore {
    /// For those who test something else than who did it.
    func create(
        workspace: UUID, role: Member.Role, email: String?, days: Int = Invitation.standardDays, inviter: UUID?, as authority: Member.Role
    ) async throws -> Made {
        try await create(workspace: workspace, role: role, email: email, days: days, inviter: inviter, as: authority, by: .tester)
    }

    func revoke(_ id: UUID, workspace: UUID) async throws { try await revoke(id, workspace: workspace, by: .tester) }
}

extension TokensFixture {
    var members: MemberStore { MemberStore(pool: pool, multiUser: true) }
    var invitations: InvitationStore { InvitationStore(pool: pool, multiUser: true) }

    /// Lets somebody into acme, with the address `NAME@acme.example`.
    func join(_ name: String, as role: Member.Role) async throws -> Guest {
        let workspace = acme.workspace.id
        let user = try await workspaces.createUser(name: name, email: "\(name)@acme.example")
        try await workspaces.add(user: user.id, to: workspace, role: role, by: .tester)
        let secret = TokenSecret()
        let made = try await tokens.create(
            workspace: workspace, user: user.id, name: name, scopes: role.scopes, by: .tester, secret: secret)
        return Guest(member: try await member(user), token: made.token, secret: secret)
    }

    /// A user's membership of acme as it is now.
    func member(_ user: User) async throws -> Member {
        try #require(try await workspaces.members(of: acme.workspace.id).first { $0.user.id == user.id })
    }

    /// What a token may do now; nil when it is refused.
    func scopes(of secret: TokenSecret) async throws -> Set<String>? {
        guard case .valid(let identity) = try await tokens.verdict(hash: secret.hash) else { return nil }
        return identity.scopes
    }

    /// A number that a query answers as superuser, where no policy hides anything.
    func count(_ query: String) async throws -> Int {
        try #require(Int(try await database.psql(query).trimmingCharacters(in: .whitespacesAndNewlines)), "\(query)")
    }

    // MARK: HTTP

    /// One answer, its body as JSON where it is that.
    struct Answer: Sendable {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let json: JSONValue
        let text: String

        /// The last word of a problem's type.
        var problem: String? { json["type"]?.string?.split(separator: ":").last.map(String.init) }
        var pointers: [String] { (json["errors"]?.elements ?? []).compactMap { $0["pointer"]?.string } }
    }

    struct Asker: Sendable {
        let client: any TestClientProtocol

        func callAsFunction(
            _ method: HTTPRequest.Method, _ path: String, _ body: String? = nil, as secret: TokenSecret? = nil
        ) async throws -> Answer {
            var headers: HTTPFields = [:]
            if let secret { headers[.authorization] = "Bearer \(secret.text)" }
            if body != nil { headers[.contentType] = "application/json" }
            return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) { response in
                let bytes = Array(response.body.readableBytesView)
                let type = response.headers[.contentType] ?? ""
                let isJSON = type.contains("json") && !type.contains("ndjson")
                return Answer(
                    status: response.status, headers: response.headers,
                    json: isJSON && !bytes.isEmpty ? try JSONBody.decode(JSONValue.self, from: bytes) : .null,
                    text: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    /// Asks the routes of this module; tokens are looked up afresh each time.
    func asking(grace: DeletionGrace = .standard, multiUser: Bool = true, _ body: @escaping @Sendable (Asker) async throws -> Void) async throws {
        let authenticator = TokenAuthenticator(
            store: tokens, clock: ContinuousClock(), logger: Logger(label: "test.members"), lifetime: .zero)
        let store = WorkspaceStore(pool: pool, multiUser: multiUser)
        let members = MemberStore(pool: pool, multiUser: multiUser)
        let routes = [
            MemberRoutes(members: members, invitations: InvitationStore(pool: pool, multiUser: multiUser)).routes(),
            WorkspaceRoutes(
                pool: pool, workspaces: store, members: members, grace: grace,
                restorer: { try await authenticator.identityOfRestorer(bearer: $0) }
            ).routes(),
        ]
        try await application(routes).test(.router) { client in try await body(Asker(client: client)) }
    }
}
