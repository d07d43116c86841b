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
    private let underWay = KeysUnderWay()

    package init(pool: PostgresPool) {
        desk = AgentDesk(pool: pool)
    }

    /// `/v1/agents…` without what the directory adds, mounted and described.
    package var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.list, use: list)
        routes.on(Self.take, use: take)
        routes.on(Self.show, use: show)
        routes.on(Self.publish, use: publish)
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
        let body = try await request.readJSONBytes(limit: context.maxUploadSize)
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
        let answer = try ImportAnswer(imported, file: file, owner: context.identity.workspaceSlug)
        var response = try context.responseEncoder.encode(answer, from: request, context: context)
        response.status = imported.change == .created ? .created : .ok
        response.headers[.location] = "/v1/agents/\(imported.detail.agent.id.lowercased)"
        if imported.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> DocumentBody<AgentDetailAnswer> {
        try await answer(context) { try await desk.detail(of: try context.pathID("agent"), workspace: context.identity.workspace) }
    }

    private func publish(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let body = try await request.readAction(in: context)
        let (agent, workspace) = (try context.pathID("agent"), context.identity.workspace)
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        var isReplay = false
        let answer = try await answer(context) {
            let published = try await underWay.alone(idempotency, workspace: workspace) {
                try await desk.publish(agent, workspace: workspace, idempotency: idempotency)
            }
            isReplay = published.isReplay
            return published.detail
        }
        var response = try answer.response(from: request, context: context)
        if isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private func answer(_ context: IdentifiedContext, _ detail: () async throws -> AgentDetail) async throws -> DocumentBody<AgentDetailAnswer> {
        do {
            let detail = try await detail()
            return DocumentBody(
                try AgentDetailAnswer(detail, owner: context.identity.workspaceSlug), member: "character", document: detail.version.character)
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
