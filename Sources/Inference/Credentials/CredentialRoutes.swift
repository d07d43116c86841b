import Foundation
import HTTPTypes
import Hummingbird
import Web
import Workspaces

/// `/v1/provider-credentials`: keys of model providers that a workspace brings. No answer holds one.
struct CredentialRoutes: Sendable {
    let store: CredentialStore
    let keys: SealingKeys
    let resolver: CredentialResolver

    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.list) { _, context in
            CredentialList(items: try await store.list(workspace: context.identity.workspace).map(CredentialBody.init))
        }
        routes.on(Self.show) { _, context in
            let provider = try Self.provider(context)
            guard let found = try await store.find(provider, workspace: context.identity.workspace) else { throw Self.unknown(provider) }
            return CredentialBody(found)
        }
        routes.on(Self.put) { request, context in
            guard keys.sealingID != nil else { throw Problem.noSealingKey }
            let (provider, workspace) = (try Self.provider(context), context.identity.workspace)
            let wanted = try await request.readJSON(CredentialRequest.self, in: context).value
            let secret = try wanted.checked()
            let sealed = try keys.seal(secret.bytes, for: .credential(of: provider, workspace))
            let kept = try await store.put(sealed, hint: secret.hint, provider: provider, workspace: workspace, by: context.identity.actor)
            resolver.changed(provider: provider, workspace: workspace)
            guard let kept else { throw Self.unknown(provider) }
            return CredentialBody(kept)
        }
        routes.on(Self.remove) { _, context in
            let (provider, workspace) = (try Self.provider(context), context.identity.workspace)
            guard try await store.remove(provider, workspace: workspace, by: context.identity.actor) else { throw Self.unknown(provider) }
            resolver.changed(provider: provider, workspace: workspace)
            return HTTPResponse.Status.noContent
        }
        return routes
    }

    /// - Throws: 404 for what cannot be a provider's name: nothing is called so.
    private static func provider(_ context: IdentifiedContext) throws -> String {
        let name = try context.pathText("provider")
        let isName = (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isName else { throw Problem.notFound("A provider's name has lower case letters, digits and dashes, so nothing has this one.") }
        return name
    }

    private static func unknown(_ provider: String) -> Problem { .notFound("The workspace has no key of the provider `\(provider)`.") }

    // MARK: Descriptions

    private static let scope = "workspace:admin"

    static let list = APIOperation(
        .get, "/v1/provider-credentials", summary: "List the workspace's keys of providers", tag: "Credentials", scope: scope,
        answers: [.init(.ok, "All of them, by their ends.", schema: .object(["items": .array(of: CredentialBody.schema)]))])
    static let show = APIOperation(
        .get, "/v1/provider-credentials/{provider}", summary: "Show which key of a provider the workspace has", tag: "Credentials", scope: scope,
        answers: [.init(.ok, "Its end and its times; never the key.", schema: CredentialBody.schema)], problems: [.notFound])
    static let put = APIOperation(
        .put, "/v1/provider-credentials/{provider}", summary: "Bring a key of a provider",
        description: """
            Runs of this workspace then ask the provider with it, and nobody else's do. It is kept sealed and shown to nobody. Another one \
            takes its place everywhere within a second.
            """,
        tag: "Credentials", scope: scope, request: .init(CredentialRequest.schema, limit: 16 * 1024),
        answers: [.init(.ok, "It is kept.", schema: CredentialBody.schema)], problems: [.notFound, .notImplemented])
    static let remove = APIOperation(
        .delete, "/v1/provider-credentials/{provider}", summary: "Remove a key of a provider",
        description: "Within a second no run begins with it any more.", tag: "Credentials", scope: scope, answers: [.noContent],
        problems: [.notFound])
}
