import HTTPTypes
import Hummingbird
package import Postgres
package import Web

/// What an owner does with a workspace as a whole: `DELETE /v1/workspace`, its restoring, its transfer, its export.
package struct WorkspaceRoutes: Sendable {
    /// Finds who shows a token of a workspace that may have been deleted.
    package typealias Restorer = @Sendable (_ bearer: String) async throws -> Identity?

    private let pool: PostgresPool
    private let workspaces: WorkspaceStore
    private let members: MemberStore
    private let grace: DeletionGrace
    private let restorer: Restorer

    package init(
        pool: PostgresPool, workspaces: WorkspaceStore, members: MemberStore, grace: DeletionGrace, restorer: @escaping Restorer
    ) {
        self.pool = pool
        self.workspaces = workspaces
        self.members = members
        self.grace = grace
        self.restorer = restorer
    }

    package func routes() -> APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.delete) { request, context in
            _ = try await request.readAction(in: context)
            let identity = context.identity
            return WorkspaceStateBody(try await workspaces.delete(identity.workspace, grace: grace, by: identity.actor))
        }
        routes.onOpen(Self.restore) { request, context in
            guard let identity = try await restorer(try Self.bearer(of: request)) else { throw Problem.unauthorized(.invalid) }
            context.facts.workspace = identity.workspace
            try identity.require(.workspaceAdmin)
            _ = try await request.readAction(in: context)
            return WorkspaceStateBody(try await workspaces.restore(identity.workspace, by: identity.actor))
        }
        routes.on(Self.transfer) { request, context in
            let wish = try await request.readJSON(TransferRequest.self, in: context).value
            let identity = context.identity
            return MemberBody(
                try await members.transfer(identity.workspace, to: wish.member, from: identity.user, by: identity.actor), showsAddress: true)
        }
        routes.on(Self.export) { _, context in
            let identity = context.identity
            return ExportResponse(
                reader: ExportReader(identity.workspace, pool: pool, by: identity.actor), hold: context.hold, slug: identity.workspaceSlug)
        }
        return routes
    }

    /// The middleware that asks for a token lets nobody in who comes from a deleted workspace, so this route asks by itself.
    private static func bearer(of request: Request) throws -> String {
        let fields = request.headers[values: .authorization]
        guard let field = fields.first else { throw Problem.unauthorized(.missing) }
        let words = field.split(separator: " ", omittingEmptySubsequences: true)
        guard fields.count == 1, words.count == 2, words[0].lowercased() == "bearer" else { throw Problem.unauthorized(.invalid) }
        return String(words[1])
    }

    // MARK: Descriptions

    static let delete = APIOperation(
        .delete, "/v1/workspace", summary: "Delete the workspace",
        description: """
            Within a second its tokens are refused. Until `purge_at` a token of an owner restores it; after that all that it has is deleted for \
            good. The default workspace is never deleted.
            """,
        tag: "Workspace", scope: Scope.workspaceAdmin.rawValue, request: .action,
        answers: [.init(.ok, "The workspace, and until when it can be restored", schema: WorkspaceStateBody.schema)], problems: [.conflict])
    static let restore = APIOperation(
        .post, "/v1/workspace/restore", summary: "Restore the workspace",
        description: """
            Needs a token of the deleted workspace with the scope `workspace:admin`, in `Authorization: Bearer mst_…`. All that the workspace had \
            is there again, and its tokens are taken. A workspace that is in use stays as it is.
            """,
        tag: "Workspace", request: .action, answers: [.init(.ok, "The workspace", schema: WorkspaceStateBody.schema)],
        problems: [.unauthorized, .forbidden, .conflict])
    static let transfer = APIOperation(
        .post, "/v1/workspace/transfer", summary: "Hand the workspace over to another member",
        description: """
            The member becomes an owner, and the owner whose token this is a maintainer; with a token that no member made, all other owners do. Both \
            or neither.
            """,
        tag: "Workspace", scope: Scope.workspaceAdmin.rawValue, request: .init(TransferRequest.schema, limit: 16 * 1024),
        answers: [.init(.ok, "The new owner", schema: MemberBody.schema)], problems: [.notFound])
    static let export = APIOperation(
        .get, "/v1/workspace/export", summary: "Export the workspace",
        description: """
            Every row that the workspace has, and the people in it, as lines: `{"table":"tickets","row":{…}}`. Hashes, secrets and bytes are left \
            out. Rows that change meanwhile are as they are when they are read. An answer that breaks off is not whole.
            """,
        tag: "Workspace", scope: Scope.workspaceAdmin.rawValue,
        answers: [.init(.ok, "One JSON document a line", schema: .string(), contentType: ExportResponse.contentType)])
}
