import Foundation
import HTTPTypes
import Hummingbird
package import Web

/// `/v1/workspace/members`, `/v1/workspace/invitations` and `/v1/invitations/accept`.
package struct MemberRoutes: Sendable {
    private let members: MemberStore
    private let invitations: InvitationStore

    package init(members: MemberStore, invitations: InvitationStore) {
        self.members = members
        self.invitations = invitations
    }

    package func routes() -> APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.list) { request, context in
            let page = try PageRequest<UUID>(request)
            let rows = try await members.page(of: context.identity.workspace, after: page.after, limit: page.limit + 1)
            let showsAddress = context.identity.scopes.contains(Scope.membersAdmin.rawValue)
            return try Page(rows.map { MemberBody($0, showsAddress: showsAddress) }, for: page, key: \.key)
        }
        routes.on(Self.change) { request, context in
            let role = try await request.readJSON(RoleRequest.self, in: context).value.validated()
            let identity = context.identity
            let member = try await members.change(
                try context.pathID(), to: role, in: identity.workspace, as: identity.authority, of: identity.user, by: identity.actor)
            return MemberBody(member, showsAddress: true)
        }
        routes.on(Self.remove, unless: isOwn) { _, context in
            let identity = context.identity
            try await members.remove(try context.pathID(), from: identity.workspace, as: identity.authority, of: identity.user, by: identity.actor)
            return HTTPResponse.Status.noContent
        }
        routes.on(Self.invitations) { request, context in
            let page = try PageRequest<UUID>(request)
            let rows = try await invitations.list(workspace: context.identity.workspace, before: page.after, limit: page.limit + 1)
            return try Page(rows.map { InvitationBody($0) }, for: page, key: \.key)
        }
        routes.on(Self.invite) { request, context in
            let wish = try await request.readJSON(InvitationRequest.self, in: context).value.validated()
            let identity = context.identity
            let made = try await invitations.create(
                workspace: identity.workspace, role: wish.role, email: wish.email, days: wish.days, inviter: identity.user,
                as: identity.authority, by: identity.actor)
            return SecretAnswer(body: InvitationBody(made.invitation, secret: made.secret))
        }
        routes.on(Self.revoke) { _, context in
            let identity = context.identity
            try await invitations.revoke(try context.pathID(), workspace: identity.workspace, by: identity.actor)
            return HTTPResponse.Status.noContent
        }
        routes.onOpen(Self.accept) { request, context in
            let wish = try await request.readJSON(AcceptRequest.self, in: context).value
            let acceptance = try await invitations.accept(
                try wish.validated(now: Date()), name: wish.name, email: wish.email, expiresAt: wish.expiresAt)
            context.facts.workspace = acceptance.workspace.id
            return SecretAnswer(body: AcceptanceBody(acceptance))
        }
        return routes
    }

    private func isOwn(_ context: IdentifiedContext) async throws -> Bool {
        try await members.isOwn(try context.pathID(), of: context.identity)
    }

    // MARK: Descriptions

    private static let small = 16 * 1024

    static let list = APIOperation(
        .get, "/v1/workspace/members", summary: "List the members of the workspace", tag: "Workspace", scope: Scope.membersRead.rawValue,
        parameters: [.limit, .cursor], answers: [.init(.ok, "A page of members", schema: .page(of: MemberBody.schema))])
    static let change = APIOperation(
        .patch, "/v1/workspace/members/{id}", summary: "Give a member another role",
        description: "Within a second its tokens may no more than the new role allows. Only an owner decides about owners, and the last one stays.",
        tag: "Workspace", scope: Scope.membersAdmin.rawValue, request: .init(RoleRequest.schema, limit: small),
        answers: [.init(.ok, "The member", schema: MemberBody.schema)], problems: [.conflict])
    static let remove = APIOperation(
        .delete, "/v1/workspace/members/{id}", summary: "Remove a member, or leave",
        description: "Its tokens of the workspace go along, and so do the open invitations that it made. The last owner cannot leave.",
        tag: "Workspace", scope: Scope.membersAdmin.rawValue, own: "one's own membership", answers: [.noContent], problems: [.conflict])
    static let invitations = APIOperation(
        .get, "/v1/workspace/invitations", summary: "List invitations, newest first", tag: "Workspace", scope: Scope.membersAdmin.rawValue,
        parameters: [.limit, .cursor], answers: [.init(.ok, "A page of invitations", schema: .page(of: InvitationBody.schema))])
    static let invite = APIOperation(
        .post, "/v1/workspace/invitations", summary: "Invite somebody",
        description: """
            The secret is in this answer and nowhere else: pass it on. Whoever accepts with it, by the API or on the page `/invitation`, \
            becomes a member, in this role.
            """,
        tag: "Workspace", scope: Scope.membersAdmin.rawValue, request: .init(InvitationRequest.schema, limit: small),
        answers: [.init(.created, "The invitation and its secret", schema: InvitationBody.schema)])
    static let revoke = APIOperation(
        .delete, "/v1/workspace/invitations/{id}", summary: "Revoke an invitation",
        description: "Revoking it again changes nothing; one that was accepted is answered 409.",
        tag: "Workspace", scope: Scope.membersAdmin.rawValue, answers: [.noContent], problems: [.conflict])
    static let accept = APIOperation(
        .post, "/v1/invitations/accept", summary: "Accept an invitation",
        description: """
            Needs no token: the invitation's secret is in the body. The answer holds a first token of the member, once; it expires at \
            `expires_at`, or never. An invitation that was never made, was revoked or has expired is answered 404, and one that was accepted \
            before 409.
            """,
        tag: "Workspace", request: .init(AcceptRequest.schema, limit: small),
        answers: [.init(.created, "The membership, and its first token", schema: AcceptanceBody.schema)],
        problems: [.forbidden, .notFound, .conflict])
}
