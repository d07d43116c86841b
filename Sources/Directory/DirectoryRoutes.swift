import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Postgres
import Web
import Workspaces

/// The public directory, and the button that forks. Reading is open to anybody; a fork is a job.
struct DirectoryRoutes: Sendable {
    let pool: PostgresPool
    let producer: JobProducer

    /// `/v1/directory` and `/v1/agents/{owner}/{name}…`, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.onOpen(Self.search, use: search)
        routes.onOpen(Self.show, use: show)
        routes.on(Self.fork, use: fork)
        return routes
    }

    private func search(_ request: Request, _ context: AppContext) async throws -> Page<ListingAnswer> {
        let page = try PageRequest<UUID>(request)
        let query = try Query(request)
        let words = SearchWords(query["q"] ?? "")
        let owner = query["owner"]
        let listings = try await pool.transaction(.unscoped) { transaction in
            try await DirectoryStore.search(words, owner: owner, before: page.after, limit: page.limit + 1, in: transaction)
        }
        return try Page(listings.map(ListingAnswer.init), for: page, key: \.key)
    }

    private func show(_ request: Request, _ context: AppContext) async throws -> DocumentBody<ListingAnswer> {
        let (owner, name) = try Self.place(context)
        let found = try await pool.transaction(.unscoped) { try await DirectoryStore.find(owner: owner, name: name, in: $0) }
        guard let found else { throw Self.unknown }
        return DocumentBody(ListingAnswer(found.listing), member: "character", document: found.character)
    }

    private func fork(_ request: Request, _ context: IdentifiedContext) async throws -> AcceptedBody {
        let (owner, name) = try Self.place(context)
        let body = try await request.readJSONBytes(limit: context.maxUploadSize)
        let wanted = body.isEmpty ? ForkRequest(name: nil) : try JSONBody.decode(ForkRequest.self, from: body)
        let forkName = try wanted.checkedName()
        let workspace = context.identity.workspace
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        guard try await pool.transaction(.unscoped, { try await DirectoryStore.exists(owner: owner, name: name, in: $0) }) else { throw Self.unknown }
        let acceptance = try await producer.accept(
            ForkAgent(owner: owner, name: name, forkName: forkName), workspace: workspace,
            idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) }, trace: TraceParent(header: context.trace.header))
        return AcceptedBody(
            id: acceptance.id, kind: ForkAgent.kind.name, state: acceptance.state.rawValue, replayed: acceptance.replayed)
    }

    /// The router has one name for what stands after `/v1/agents/`: an agent's id, or, when a name follows, its owner.
    private static func place(_ context: some RequestContext) throws -> (owner: String, name: String) {
        (try context.pathText("agent"), try context.pathText("name"))
    }

    /// Says the same of what never was, what is private and what was taken back.
    private static let unknown = Problem.notFound("No agent is published under this owner and name.")
}
