import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Postgres
import Web
import Workspaces

/// Forking by a button: a form, a job, and a page that looks after it until it leads to the fork.
///
/// ```
///   public page ── button ──▶ form of the visitor ── POST ──▶ job ──▶ progress ──▶ the fork
///                    └── not signed in: sign in, and back to the form
/// ```
///
/// The form carries a key of its own. Sent twice it is one job, however often the button is pressed or the page loaded again.
extension WorkspacePages {
    func forkForm(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, context) { visitor in
            try visitor.require(.agentsWrite)
            return try await answer(request, context) { listing in
                page(.fork, "Fork \(listing.displayName)", for: visitor, try await form(for: listing).values)
            }
        }
    }

    func fork(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/agents", owner: "owner")
        let form = PageAddress.path("agents", address.place.owner, address.place.name, "fork")
        return try await visited(request, context, backTo: form) { visitor in
            try SessionGate.refuseOtherSites(request)
            let sent = try await request.readForm()
            // The button of a public page, which is the same for everybody, carries nothing: the visitor's own form comes first.
            guard let token = sent["form"] else { return .redirect(to: form) }
            guard gate.seal.isGood(formToken: token, of: visitor.session) else { throw SessionGate.strangeForm }
            try visitor.require(.agentsWrite)
            return try await answer(request, context) { try await accept(sent, $0, by: visitor, context) }
        }
    }

    /// What is made of the agent that is to be forked; another one's answer where it was renamed.
    private func answer(
        _ request: Request, _ context: AppContext, _ answer: (Listing) async throws -> Response
    ) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/agents", owner: "owner")
        let place = address.place
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(place, in: transaction) { standing in
                try ListingGate.requireOpen(standing, for: "forked")
                guard let published = try await DirectoryStore.find(owner: place.owner, name: place.name, in: transaction) else {
                    throw ListingGate.unknown
                }
                return published.listing
            }
        }
        switch found {
        case .here(let listing): return try await answer(listing)
        // Not 301, for a browser would send a form's fields to the new address as a question.
        case .moved(let place): return .redirect(to: PageAddress.path("agents", place.owner, place.name, "fork"))
        }
    }

    private func form(for listing: Listing) async throws -> ForkPage {
        ForkPage(listing: listing, advice: try await PluginAdvisor(pool: pool, core: core).advice(for: listing.plugins))
    }

    private func accept(_ sent: Query, _ listing: Listing, by visitor: SessionVisitor, _ context: AppContext) async throws -> Response {
        var form = try await form(for: listing)
        let typed = (sent["name"] ?? "").trimmingCharacters(in: .whitespaces)
        form.wanted = typed
        // A form without a good key was not made here, and begins anew.
        guard let key = sent["key"].flatMap({ UUID(uuidString: $0) }) else {
            return page(.fork, "Fork \(listing.displayName)", for: visitor, status: .badRequest, form.values)
        }
        let name: String?
        do {
            name = try ForkRequest(name: typed.isEmpty ? nil : typed).checkedName()
        } catch let problem as Problem {
            form.fault = problem.errors.first?.detail ?? problem.detail
            return page(.fork, "Fork \(listing.displayName)", for: visitor, status: problem.status, form.values)
        }
        let acceptance = try await producer.accept(
            ForkAgent(owner: listing.owner, name: listing.name, forkName: name), workspace: visitor.session.workspace,
            idempotency: Self.idempotency(key, "\(listing.owner)/\(listing.name)", name), trace: TraceParent(header: context.trace.header))
        if !acceptance.replayed { PageWatch.noteFork(by: visitor) }
        return .redirect(to: PageAddress.path("workspace", "forks", acceptance.id.lowercased))
    }

    /// Another name in the same form, after the first one was taken, is another request.
    private static func idempotency(_ key: UUID, _ agent: String, _ name: String?) -> Idempotency {
        let digest = SHA256.hash(data: Array("fork of \(agent) as \(name ?? "")".utf8))
        return Idempotency(key: "fork-\(key.lowercased)-\(name ?? "")", digest: Array(digest))
    }

    // MARK: Progress

    func progress(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, context) { visitor in
            let job = try context.pathID("job")
            let status = try await producer.status(job, workspace: visitor.session.workspace)
            guard let status, status.kind == ForkAgent.kind.name else { throw Problem.notFound("The workspace has no such fork under way.") }
            if status.state == .done {
                let address = PageAddress.path("workspace", "agents", job.lowercased)
                return .redirect(to: PageAddress.query(address, [(name: "said", value: PageNotice.forked.rawValue)]))
            }
            return page(
                .progress, "Forking", for: visitor, refresh: status.state.isFinal ? nil : 2, ForkProgressPage(status: status).values)
        }
    }
}
