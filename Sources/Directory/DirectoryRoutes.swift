import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Postgres
import Web
import Workspaces

/// The public directory, and the button that forks. Reading is open to anybody; a fork is a job.
struct DirectoryRoutes: Sendable {
    let pool: PostgresPool
    let producer: JobProducer
    let advisor: PluginAdvisor

    /// Mounts and describes `/v1/directory` and `/v1/agents/{owner}/{name}…` but for versions.
    func mount(in routes: inout APIRoutes) {
        routes.onOpen(Self.search, use: search)
        routes.onOpen(Self.show, use: show)
        routes.on(Self.fork, use: fork)
        routes.on(Self.setStatus, use: setStatus)
        routes.on(Self.setAnyStatus, use: setAnyStatus)
    }

    // MARK: Reading

    private func search(_ request: Request, _ context: AppContext) async throws -> Response {
        let page = try PageRequest<SearchCursor>(request)
        let search = try DirectorySearch(try Query(request))
        let cursor = try search.place(page.after)
        let (found, facets) = try await pool.transaction(.unscoped) { transaction in
            DirectoryStore.prepareSearch(in: transaction)
            let words = try await DirectoryStore.sought(search, in: transaction)
            let found = try await DirectoryStore.search(search, words: words, after: cursor, limit: page.limit + 1, in: transaction)
            let facets = search.wantsFacets ? try await DirectoryStore.facets(search, words: words, in: transaction) : nil
            return (found, facets)
        }
        return try SearchAnswer(found, limit: page.limit, sort: search.sort, facets: facets).response(to: request, context)
    }

    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/v1/agents", owner: "agent")
        let place = address.place
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(place, in: transaction) { _ in
                guard let published = try await DirectoryStore.find(owner: place.owner, name: place.name, in: transaction) else {
                    throw ListingGate.unknown
                }
                var standing: ForkStanding?
                if let source = published.listing.forkedFrom { standing = try await AgentStore.standing(of: source, in: transaction) }
                return ShownAgent(published: published, standing: standing)
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let shown):
            let advice = try await advisor.advice(for: shown.published.listing.plugins)
            let answer = PublishedAgentAnswer(shown.published.listing, standing: shown.standing, advice: advice)
            guard shown.published.listing.status.isOpen else { return try KeptBody(answer).response(from: request, context: context) }
            return try KeptBody(DocumentBody(answer, member: "character", document: shown.published.character))
                .response(from: request, context: context)
        }
    }

    private struct ShownAgent: Sendable {
        let published: PublishedCharacter
        let standing: ForkStanding?
    }

    // MARK: Forks

    private func fork(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let place = try Self.place(context)
        let body = try await request.readJSONBytes(in: context)
        let wanted = body.isEmpty ? ForkRequest(name: nil) : try JSONBody.decode(ForkRequest.self, from: body)
        let forkName = try wanted.checkedName()
        let workspace = context.identity.workspace
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        // Under its old name as well, so that a link that was written down still forks.
        let (present, needs) = try await pool.transaction(.unscoped) { transaction in
            let present = try await ListingGate.present(place, in: transaction) { try ListingGate.requireOpen($0, for: "forked") }
            return (present, try await DirectoryStore.needs(of: present, in: transaction))
        }
        // Before it is accepted: what was accepted is not answered with an error for want of advice.
        let advice = try await advisor.advice(for: needs?.plugins ?? [])
        let acceptance = try await producer.accept(
            ForkAgent(owner: present.owner, name: present.name, forkName: forkName), workspace: workspace,
            idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) }, trace: TraceParent(header: context.trace.header))
        let accepted = AcceptedBody(
            id: acceptance.id, kind: ForkAgent.kind.name, state: acceptance.state.rawValue, replayed: acceptance.replayed)
        return ForkAccepted(accepted, needs: needs, advice: advice).response
    }

    // MARK: Statuses

    private func setStatus(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let wanted = try await request.readJSON(StatusRequest.self, in: context).value.checked(byOperator: false)
        let (workspace, actor) = (context.identity.workspace, context.identity.actor)
        let listing = try await ListingDesk(pool: pool).setStatus(wanted, of: try Self.place(context), workspace: workspace, by: actor)
        return try context.responseEncoder.encode(StatusAnswer(listing), from: request, context: context)
    }

    private func setAnyStatus(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let wanted = try await request.readJSON(StatusRequest.self, in: context).value.checked(byOperator: true)
        let named = ListingPlace(owner: try context.pathText("owner"), name: try context.pathText("name"))
        let place = try await pool.transaction(.unscoped) { try await ListingGate.present(named, in: $0) { _ in } }
        let actor = ModerationOperator(context.identity)
        let outcome: CaseDesk.StatusSet
        do {
            outcome = try await CaseDesk(pool: pool).set(wanted, of: place, by: actor)
        } catch CaseDesk.Refusal.notFound {
            throw ListingGate.unknown
        }
        if let decided = outcome.decided {
            context.logger.notice(
                "an operator set the status of a published agent",
                metadata: [
                    "token_id": "\(actor.token.lowercased)", "agent": "\(place.owner)/\(place.name)", "status": "\(wanted.status.rawValue)",
                    "case": "\(decided.id.lowercased)",
                ])
        }
        return try context.responseEncoder.encode(StatusAnswer(outcome.listing), from: request, context: context)
    }

    // MARK: Places

    /// The router has one name for what stands after `/v1/agents/`: an agent's id, or, when a name follows, its owner.
    private static func place(_ context: some RequestContext) throws -> ListingPlace {
        ListingPlace(owner: try context.pathText("agent"), name: try context.pathText("name"))
    }
}
