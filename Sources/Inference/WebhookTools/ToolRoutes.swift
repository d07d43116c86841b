import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// `/v1/tools`: what runs of a workspace may call over HTTP.
struct ToolRoutes: Sendable {
    let store: ToolStore
    let keys: SealingKeys
    let policy: AddressPolicy
    let tools: WebhookTools
    private let underWay = KeysUnderWay()

    init(store: ToolStore, keys: SealingKeys, policy: AddressPolicy, tools: WebhookTools) {
        self.store = store
        self.keys = keys
        self.policy = policy
        self.tools = tools
    }

    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.list) { _, context in
            ToolList(items: try await store.list(workspace: context.identity.workspace).map { ToolBody($0) })
        }
        routes.on(Self.make, use: make)
        routes.on(Self.show) { _, context in
            let id = try context.pathID()
            guard let tool = try await store.find(id, workspace: context.identity.workspace) else { throw Self.unknown(id) }
            return ToolAnswer(tool: ToolBody(tool))
        }
        routes.on(Self.change, use: change)
        routes.on(Self.remove) { _, context in
            let id = try context.pathID()
            let identity = context.identity
            guard try await store.remove(id, workspace: identity.workspace, by: identity.actor) else { throw Self.unknown(id) }
            return HTTPResponse.Status.noContent
        }
        routes.on(Self.rotate, use: rotate)
        routes.on(Self.test, use: test)
        return routes
    }

    private func make(_ request: Request, _ context: IdentifiedContext) async throws -> ToolAnswer {
        guard keys.sealingID != nil else { throw Problem.noSealingKey }
        let workspace = context.identity.workspace
        let (wanted, body) = try await request.readJSON(ToolRequest.self, in: context)
        let wish = try wanted.checked(by: policy)
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        let (id, secret) = (UUID.version7(), ToolSecret())
        let sealed = try keys.seal(secret.revealedBytes, for: .tool(id, workspace))
        let made = try await underWay.alone(idempotency, workspace: workspace) {
            try await store.make(id, wish, secret: sealed, workspace: workspace, by: context.identity.actor, idempotency: idempotency)
        }
        switch made {
        case .made(let tool): return ToolAnswer(tool: ToolBody(tool, secret: secret), status: .created)
        case .before(let tool): return ToolAnswer(tool: ToolBody(tool), status: .created, isReplay: true)
        case .removed: throw Problem.conflict("The tool that this request made was removed since. Send a new Idempotency-Key to make another.")
        case .nameTaken: throw Self.nameTaken(wish.name)
        case .full: throw Problem.conflict("A workspace has at most \(ToolStore.most) tools; remove one first.", name: "too-many-tools")
        }
    }

    private func change(_ request: Request, _ context: IdentifiedContext) async throws -> ToolAnswer {
        let id = try context.pathID()
        let wish = try await request.readJSON(ToolRequest.self, in: context).value.checked(by: policy)
        switch try await store.change(id, wish, workspace: context.identity.workspace, by: context.identity.actor) {
        case .changed(let tool): return ToolAnswer(tool: ToolBody(tool))
        case .nameTaken: throw Self.nameTaken(wish.name)
        case .unknown: throw Self.unknown(id)
        }
    }

    private func rotate(_ request: Request, _ context: IdentifiedContext) async throws -> ToolAnswer {
        let (id, workspace) = (try context.pathID(), context.identity.workspace)
        let body = try await request.readJSONBytes(in: context)
        let overlap = try RotationRequest.overlap(from: body, of: "secret")
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        guard try await store.find(id, workspace: workspace) != nil else { throw Self.unknown(id) }
        guard keys.sealingID != nil else { throw Problem.noSealingKey }
        let secret = ToolSecret()
        let sealed = try keys.seal(secret.revealedBytes, for: .tool(id, workspace))
        let rotated = try await underWay.alone(idempotency, workspace: workspace) {
            try await store.rotate(id, to: sealed, overlap: overlap, workspace: workspace, by: context.identity.actor, idempotency: idempotency)
        }
        switch rotated {
        case .rotated(let tool): return ToolAnswer(tool: ToolBody(tool, secret: secret))
        case .before(let tool): return ToolAnswer(tool: ToolBody(tool), isReplay: true)
        case .underWay(let until): throw Self.underWay(until: until)
        case .unknown: throw Self.unknown(id)
        }
    }

    private func test(_ request: Request, _ context: IdentifiedContext) async throws -> ToolTestAnswer {
        let (id, workspace) = (try context.pathID(), context.identity.workspace)
        let body = try await request.readJSONBytes(in: context)
        let wanted = body.isEmpty ? ToolTestRequest(arguments: nil) : try JSONBody.decode(ToolTestRequest.self, from: body)
        let arguments = String(decoding: (wanted.arguments ?? .object([])).bytes(), as: UTF8.self)
        guard let output = try await tools.test(id, arguments: arguments, workspace: workspace) else { throw Self.unknown(id) }
        return ToolTestAnswer(output)
    }

    private static func unknown(_ id: UUID) -> Problem { .notFound("There is no tool `\(id.lowercased)` here.") }

    private static func nameTaken(_ name: String) -> Problem {
        .conflict("Another tool of this workspace has the name `\(name)`.", name: "tool-name-taken")
    }

    private static func underWay(until: Date) -> Problem {
        .conflict(
            "The secret before this one is good until \(WireCoding.text(until)). Rotate again behind it, or now with an `overlap_seconds` of 0, "
                + "which ends both.",
            name: "rotation-under-way")
    }

    // MARK: Descriptions

    static let list = APIOperation(
        .get, "/v1/tools", summary: "List the workspace's tools", tag: "Tools", scope: "agents:read",
        answers: [.init(.ok, "All of them, by name.", schema: .object(["items": .array(of: ToolBody.schema)]))])
    static let make = APIOperation(
        .post, "/v1/tools", summary: "Make a tool that runs call over HTTP",
        description: """
            Calls are `POST {"id","name","arguments","run","workspace"}`, signed as Standard Webhooks has it with the secret that is in this answer \
            and nowhere else; a repeated request gets the tool without it. An answer is text or JSON of at most 64 KiB; another status than 2xx is \
            told to the model as an error. Redirects are not followed.
            """,
        tag: "Tools", scope: "agents:write", parameters: [.idempotencyKey], request: .init(ToolRequest.schema, limit: 64 * 1024),
        answers: [.init(.created, "The tool and its secret.", schema: ToolBody.schema)], problems: [.conflict, .notImplemented])
    static let show = APIOperation(
        .get, "/v1/tools/{id}", summary: "Show a tool", tag: "Tools", scope: "agents:read",
        answers: [.init(.ok, "The tool, without its secret.", schema: ToolBody.schema)], problems: [.notFound])
    static let change = APIOperation(
        .put, "/v1/tools/{id}", summary: "Change a tool",
        description: "All of it but the secret, which is rotated. Runs that are under way keep what they began with.",
        tag: "Tools", scope: "agents:write", request: .init(ToolRequest.schema, limit: 64 * 1024),
        answers: [.init(.ok, "The tool.", schema: ToolBody.schema)], problems: [.notFound, .conflict])
    static let remove = APIOperation(
        .delete, "/v1/tools/{id}", summary: "Remove a tool", tag: "Tools", scope: "agents:write", answers: [.noContent], problems: [.notFound])
    static let rotate = APIOperation(
        .post, "/v1/tools/{id}/rotate", summary: "Put another secret in the place of a tool's",
        description: """
            The new one is in this answer and nowhere else. For `overlap_seconds` calls carry two signatures, by the new secret and by the old \
            one, as Standard Webhooks has it: so it can be exchanged without a call that is refused. 0 ends the old one at once. Runs that are under \
            way sign as they began.
            """,
        tag: "Tools", scope: "agents:write", parameters: [.idempotencyKey],
        request: .init(RotationRequest.schema("How long calls are signed with the old secret, too"), limit: 16 * 1024, required: false),
        answers: [.init(.ok, "The tool and its new secret.", schema: ToolBody.schema)], problems: [.notFound, .conflict, .notImplemented])
    static let test = APIOperation(
        .post, "/v1/tools/{id}/test", summary: "Call a tool to see what it answers",
        description: "As a run would, with the nil id as its run. What goes wrong is in the answer. Each request is a call of its own.",
        tag: "Tools", scope: "agents:write", request: .init(ToolTestRequest.schema, limit: 64 * 1024, required: false),
        answers: [.init(.ok, "What it answered.", schema: ToolTestAnswer.schema)], problems: [.notFound])
}
