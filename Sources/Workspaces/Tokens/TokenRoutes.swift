import Foundation
import HTTPTypes
import Hummingbird
import Jobs
package import Web

/// `/v1/workspace` and `/v1/tokens`.
package struct TokenRoutes: Sendable {
    private let workspaces: WorkspaceStore
    private let tokens: TokenStore
    private let underWay = KeysUnderWay()

    package init(workspaces: WorkspaceStore, tokens: TokenStore) {
        self.workspaces = workspaces
        self.tokens = tokens
    }

    package func routes() -> APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.whoAmI) { _, context in
            guard let workspace = try await workspaces.find(context.identity.workspace) else { throw Problem.notFound("The workspace is gone.") }
            return WorkspaceBody(workspace, identity: context.identity)
        }
        routes.on(Self.list) { request, context in
            let page = try PageRequest<UUID>(request)
            let rows = try await tokens.list(workspace: context.identity.workspace, before: page.after, limit: page.limit + 1)
            return try Page(rows.map { TokenBody($0) }, for: page, key: \.key)
        }
        routes.on(Self.create) { request, context in
            let (wanted, body) = try await request.readJSON(TokenRequest.self, in: context)
            let identity = context.identity
            let scopes = try wanted.validated(now: Date())
            for scope in scopes { try identity.require(scope) }
            try Self.refuseOperators(wanted, scopes)
            let key = try IdempotencyKey.read(from: request, workspace: identity.workspace, body: body)
            let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
            let made = try await underWay.alone(idempotency, workspace: identity.workspace) {
                try await tokens.create(
                    workspace: identity.workspace, user: identity.user, name: wanted.name, scopes: scopes, expiresAt: wanted.expiresAt,
                    by: identity.actor, idempotency: key)
            }
            return MadeToken(made)
        }
        routes.on(Self.rotate, unless: isOwn) { request, context in
            let (id, identity) = (try context.pathID(), context.identity)
            let body = try await request.readJSONBytes(in: context)
            let overlap = try RotationRequest.overlap(from: body, of: "token")
            let key = try IdempotencyKey.read(from: request, workspace: identity.workspace, body: body)
            let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
            let made = try await underWay.alone(idempotency, workspace: identity.workspace) {
                try await tokens.rotate(
                    id, workspace: identity.workspace, overlap: overlap, for: identity, by: identity.actor, idempotency: key)
            }
            return MadeToken(made)
        }
        routes.on(Self.revoke, unless: isOwn) { _, context in
            let identity = context.identity
            guard try await tokens.revoke(try context.pathID(), workspace: identity.workspace, for: identity, by: identity.actor) else {
                throw Problem.notFound("The workspace has no such token.")
            }
            return HTTPResponse.Status.noContent
        }
        return routes
    }

    private func isOwn(_ context: IdentifiedContext) async throws -> Bool {
        try await tokens.isOwn(try context.pathID(), of: context.identity)
    }

    /// Whoever holds an operator's scope is an operator with a name, and only the command line gives one.
    private static func refuseOperators(_ wanted: TokenRequest, _ scopes: Set<Scope>) throws {
        guard !scopes.isSubset(of: Scope.workspace) else { return }
        let operators = Set(scopes.subtracting(Scope.workspace).map(\.rawValue))
        throw Problem.invalid(
            wanted.scopes.indices.filter { operators.contains(wanted.scopes[$0]) }.map { index in
                FieldFault(body: ["scopes", "\(index)"], "A token of an operator is made by `mainstay token create --operator`.")
            })
    }

    // MARK: Descriptions

    private static let own = "one's own tokens: the one that is shown, and those of the same user"

    static let whoAmI = APIOperation(
        .get, "/v1/workspace", summary: "Who am I: the token's workspace and scopes", tag: "Workspace",
        answers: [.init(.ok, "The workspace", schema: WorkspaceBody.schema)])
    static let list = APIOperation(
        .get, "/v1/tokens", summary: "List tokens, newest first",
        description: "Operators' tokens are not the workspace's, also where they lie in it: they are not listed, and their ids are unknown here.",
        tag: "Tokens", scope: Scope.tokensAdmin.rawValue, parameters: [.limit, .cursor],
        answers: [.init(.ok, "A page of tokens", schema: .page(of: TokenBody.schema))])
    static let create = APIOperation(
        .post, "/v1/tokens", summary: "Make a token",
        description: "The secret is in this answer and nowhere else; a repeated request gets the token without it.",
        tag: "Tokens", scope: Scope.tokensAdmin.rawValue, parameters: [.idempotencyKey], request: .init(TokenRequest.schema, limit: 16 * 1024),
        answers: [.init(.created, "The token and its secret", schema: TokenBody.schema)])
    static let rotate = APIOperation(
        .post, "/v1/tokens/{id}/rotate", summary: "Put a new token in a token's place",
        description: """
            The new one has the same name and scopes and acts for the same user; where the old one expires, it lives as long from now on as the \
            old one was to live. The old one is good for `overlap_seconds` more, and never for longer than it was. Only tokens of the same \
            user are rotated, and with no more scopes than one's own; the one that is shown has them all. Who lacks `tokens:admin` is given no \
            more time: the new one then ends when the old one was to. The secret is in this answer and nowhere else; a repeated request gets \
            the token without it. 409 for a token that was revoked, has expired, or was replaced before.
            """,
        tag: "Tokens", scope: Scope.tokensAdmin.rawValue, own: own, parameters: [.idempotencyKey],
        request: .init(RotationRequest.schema("How long the old token is good beside the new one"), limit: 16 * 1024, required: false),
        answers: [.init(.created, "The new token and its secret", schema: TokenBody.schema)], problems: [.conflict])
    static let revoke = APIOperation(
        .delete, "/v1/tokens/{id}", summary: "Revoke a token", description: "It is refused within a second. Revoking it again changes nothing.",
        tag: "Tokens", scope: Scope.tokensAdmin.rawValue, own: own, answers: [.noContent])
}
