import Foundation
import HTTPTypes
import Hummingbird
import Jobs
package import Postgres
package import Web

/// A workspace's own agents over HTTP. Reading a file and publishing are done at once: each is one short transaction.
package struct AgentRoutes: Sendable {
    /// Character files are 1 to 25 kB; one with a whole book of knowledge still fits.
    package static let bodyLimit = 2 * 1024 * 1024

    private let desk: AgentDesk
    private let advisor: PluginAdvisor
    private let underWay = KeysUnderWay()

    /// - Parameter core: the version of the platform's core, by which plugins are judged; nil where nobody has said.
    package init(pool: PostgresPool, core: SemanticVersion? = nil) {
        desk = AgentDesk(pool: pool)
        advisor = PluginAdvisor(pool: pool, core: core)
    }

    /// `/v1/agents…` without what the directory adds, mounted and described.
    package var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.list, use: list)
        routes.on(Self.take, use: take)
        routes.on(Self.show, use: show)
        routes.on(Self.rename, use: rename)
        routes.on(Self.publish, use: publish)
        routes.on(Self.unpublish, use: unpublish)
        CharacterRoutes(desk: desk).mount(in: &routes)
        return routes
    }

    private func list(_ request: Request, _ context: IdentifiedContext) async throws -> Page<AgentAnswer> {
        let page = try PageRequest<UUID>(request)
        let name = try Query(request)["name"]
        let agents = try await desk.list(context.identity.workspace, name: name, before: page.after, limit: page.limit + 1)
        return try Page(agents.map { AgentAnswer($0, owner: context.identity.workspaceSlug) }, for: page, key: \.key)
    }

    private func take(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let query = try Query(request)
        let body = try await request.readJSONBytes(in: context)
        let key = try IdempotencyKey.read(from: request, workspace: context.identity.workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        let changelog = query["changelog"] ?? ""
        guard changelog.count <= 1000 else { throw Query.fault("changelog", "Send at most 1,000 characters.") }
        let imported: AgentDesk.Imported
        let file: CharacterFile
        do {
            let given = try CharacterFile(body)
            let name = try Self.name(of: given, given: query["name"])
            file = given
            imported = try await underWay.alone(idempotency, workspace: context.identity.workspace) {
                try await desk.take(given, as: name, changelog: changelog, workspace: context.identity.workspace, idempotency: idempotency)
            }
        } catch let error as CharacterFileError {
            throw error.problem
        } catch let refusal as AgentDesk.Refusal {
            throw refusal.problem
        }
        let answer = try ImportAnswer(
            imported, file: file, owner: context.identity.workspaceSlug, advice: try await advisor.advice(on: imported.detail))
        var response = try context.responseEncoder.encode(answer, from: request, context: context)
        response.status = imported.change == .created ? .created : .ok
        response.headers[.location] = "/v1/agents/\(imported.detail.agent.id.lowercased)"
        if imported.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> DocumentBody<AgentDetailAnswer> {
        try await answer(context) { try await desk.detail(of: try context.pathID("agent"), workspace: context.identity.workspace) }
    }

    private func rename(_ request: Request, _ context: IdentifiedContext) async throws -> DocumentBody<AgentDetailAnswer> {
        let wanted = try await request.readJSON(RenameRequest.self, in: context).value
        let (agent, name) = (try context.pathID("agent"), try wanted.checked())
        let identity = context.identity
        return try await answer(context) { try await desk.rename(agent, to: name, workspace: identity.workspace, by: identity.actor) }
    }

    private func publish(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let body = try await request.readJSONBytes(in: context)
        let wanted = body.isEmpty ? PublishRequest(version: nil, changelog: nil) : try JSONBody.decode(PublishRequest.self, from: body)
        let wish = try wanted.checked()
        let (agent, workspace) = (try context.pathID("agent"), context.identity.workspace)
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        let published: AgentDesk.Published
        do {
            published = try await underWay.alone(idempotency, workspace: workspace) {
                try await desk.publish(agent, wish, workspace: workspace, by: context.identity.actor, idempotency: idempotency)
            }
        } catch let refusal as AgentDesk.Refusal {
            throw refusal.problem
        }
        let head = try PublishedAnswer(
            published, owner: context.identity.workspaceSlug, advice: try await advisor.advice(on: published.detail))
        var response = try DocumentBody(head, member: "character", document: published.detail.version.character)
            .response(from: request, context: context)
        if published.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private func unpublish(_ request: Request, _ context: IdentifiedContext) async throws -> HTTPResponse.Status {
        do {
            let identity = context.identity
            try await desk.unpublish(try context.pathID("agent"), workspace: identity.workspace, by: identity.actor)
        } catch let refusal as AgentDesk.Refusal {
            throw refusal.problem
        }
        return .noContent
    }

    private func answer(_ context: IdentifiedContext, _ detail: () async throws -> AgentDetail) async throws -> DocumentBody<AgentDetailAnswer> {
        do {
            let detail = try await detail()
            let advice = try await advisor.advice(on: detail)
            return DocumentBody(
                try AgentDetailAnswer(detail, owner: context.identity.workspaceSlug, advice: advice), member: "character",
                document: detail.version.character)
        } catch let refusal as AgentDesk.Refusal {
            throw refusal.problem
        }
    }

    /// The name in addresses: the caller's choice, else the file's own user name, else made of what the agent is called.
    static func name(of file: CharacterFile, given: String?) throws -> AgentName {
        if let given {
            guard let name = AgentName(given) else {
                throw Query.fault(
                    "name", "Send lower-case letters and digits in groups joined by single hyphens, at most \(AgentName.maximumLength) characters.")
            }
            return name
        }
        if let name = file.username.flatMap({ AgentName(displayName: $0) }) ?? AgentName(displayName: file.name) { return name }
        throw Problem.invalid([
            FieldFault(body: ["name"], "It holds no Latin letter or digit to make an address of: choose one with the parameter `name`.")
        ])
    }
}
