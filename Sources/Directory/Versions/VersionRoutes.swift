import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// The versions of a published agent: what there are, what each says, and what differs between two.
struct VersionRoutes: Sendable {
    let pool: PostgresPool

    /// Mounts and describes `/v1/agents/{owner}/{name}/versions`, `…/v/{version}` and `…/diff`.
    func mount(in routes: inout APIRoutes) {
        routes.onOpen(Self.list, use: list)
        routes.onOpen(Self.show, use: show)
        routes.onOpen(Self.diff, use: diff)
    }

    private func list(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/v1/agents", owner: "agent")
        let page = try PageRequest<String>(request)
        let before = try page.after.map { text in
            guard let version = SemanticVersion(text) else { throw Query.fault("cursor", "Send a cursor as the previous page gave it.") }
            return version
        }
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(address.place, in: transaction) { standing in
                try await DirectoryStore.versions(
                    of: standing.agent, workspace: standing.workspace, before: before, limit: page.limit + 1, in: transaction)
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let versions):
            let answer = try Page(versions.map { VersionAnswer($0, at: address.place) }, for: page, key: \.version)
            return try KeptBody(answer, headers: answer.links(request, context)).response(from: request, context: context)
        }
    }

    private func show(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/v1/agents", owner: "agent")
        let wanted = try Self.version(try context.pathText("version"))
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(address.place, in: transaction) { standing in
                try ListingGate.requireOpen(standing, for: "read")
                return try await Self.document(wanted, of: standing, in: transaction)
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let document):
            let answer = DocumentBody(VersionAnswer(document.version, at: address.place), member: "character", document: document.character)
            return try KeptBody(answer).response(from: request, context: context)
        }
    }

    private func diff(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/v1/agents", owner: "agent")
        let query = try Query(request)
        let (from, to) = (try Self.version(query["from"], of: "from"), try Self.version(query["to"], of: "to"))
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(address.place, in: transaction) { standing in
                try ListingGate.requireOpen(standing, for: "read")
                let older = try await Self.document(from, of: standing, in: transaction)
                return [older, try await Self.document(to, of: standing, in: transaction)]
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let documents):
            return try KeptBody(DiffAnswer(from: documents[0], to: documents[1])).response(from: request, context: context)
        }
    }

    // MARK: Versions

    /// - Throws: 404: nothing has such a version.
    static func version(_ text: String) throws -> SemanticVersion {
        guard let version = SemanticVersion(text) else {
            throw Problem.notFound("`version` in the path is no semantic version, so it names nothing.")
        }
        return version
    }

    private static func version(_ text: String?, of parameter: String) throws -> SemanticVersion {
        guard let version = text.flatMap({ SemanticVersion($0) }) else {
            throw Query.fault(parameter, "Send a version such as `1.4.0`, with `+` written as `%2B`.")
        }
        return version
    }

    static func document(
        _ version: SemanticVersion, of standing: DirectoryStore.Standing, in transaction: PostgresTransaction
    ) async throws -> PublishedDocument {
        let found = try await DirectoryStore.version(version, of: standing.agent, workspace: standing.workspace, in: transaction)
        guard let found else { throw Problem.notFound("The agent has no published version \(version).") }
        return found
    }

    // MARK: Descriptions

    static let list = APIOperation(
        .get, "/v1/agents/{agent}/{name}/versions", summary: "List the published versions of an agent, the highest first", tag: "Directory",
        parameters: [DirectoryRoutes.owner, DirectoryRoutes.name, .limit, .cursor],
        answers: [.init(.ok, "A page of versions, without their characters.", schema: .page(of: VersionAnswer.schema)), .moved],
        problems: [.gone])

    static let show = APIOperation(
        .get, "/v1/agents/{agent}/{name}/v/{version}", summary: "Read a published version of an agent",
        description: "What it says never changes.", tag: "Directory",
        parameters: [DirectoryRoutes.owner, DirectoryRoutes.name, .init("version", in: .path, "The semantic version.")],
        answers: [.init(.ok, "The version with its character.", schema: VersionAnswer.documentSchema), .moved], problems: [.conflict, .gone])

    static let diff = APIOperation(
        .get, "/v1/agents/{agent}/{name}/diff", summary: "What differs between two published versions", tag: "Directory",
        parameters: [
            DirectoryRoutes.owner, DirectoryRoutes.name, .init("from", in: .query, "The one version.", required: true),
            .init("to", in: .query, "The other version.", required: true),
        ],
        answers: [.init(.ok, "The differences, place by place.", schema: DiffAnswer.schema), .moved], problems: [.conflict, .gone])
}

extension APIOperation.Answer {
    /// 301 of an agent that was renamed.
    static let moved = APIOperation.Answer(.movedPermanently, "The agent was renamed: `Location` says where it is.")
}
