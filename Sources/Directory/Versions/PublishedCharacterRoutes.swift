import Hummingbird
import Postgres
import Web
import Workspaces

/// Published characters as files of a generation: the version that the directory shows, and any other.
struct PublishedCharacterRoutes: Sendable {
    let pool: PostgresPool

    /// Mounts and describes `/v1/agents/{owner}/{name}/character` and `…/v/{version}/character`.
    func mount(in routes: inout APIRoutes) {
        routes.onOpen(Self.shown, use: shown)
        routes.onOpen(Self.version, use: version)
    }

    private struct Stored: Sendable {
        let character: JSONNode
        let shape: CharacterShape
    }

    private func shown(_ request: Request, _ context: AppContext) async throws -> Response {
        try await answer(request, context) { place, _, transaction in
            guard let published = try await DirectoryStore.find(owner: place.owner, name: place.name, in: transaction) else {
                throw ListingGate.unknown
            }
            return Stored(character: published.character, shape: published.listing.shape)
        }
    }

    private func version(_ request: Request, _ context: AppContext) async throws -> Response {
        let wanted = try VersionRoutes.version(try context.pathText("version"))
        return try await answer(request, context) { _, standing, transaction in
            let document = try await VersionRoutes.document(wanted, of: standing, in: transaction)
            return Stored(character: document.character, shape: document.version.shape)
        }
    }

    private func answer(
        _ request: Request, _ context: AppContext,
        _ read: @escaping @Sendable (ListingPlace, DirectoryStore.Standing, PostgresTransaction) async throws -> Stored
    ) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/v1/agents", owner: "agent")
        let format = try Query(request).word("format", as: CharacterShape.self)
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(address.place, in: transaction) { standing in
                try ListingGate.requireOpen(standing, for: "read")
                return try await read(address.place, standing, transaction)
            }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let stored):
            let body = CharacterAnswer.body(of: stored.character, stored: stored.shape, as: format)
            return try KeptBody(body).response(from: request, context: context)
        }
    }

    // MARK: Descriptions

    static let shown = APIOperation(
        .get, "/v1/agents/{agent}/{name}/character", summary: "Read a published agent as a character file of a generation",
        description: "What the wanted generation has no equal form for is told with its place; nothing is lost in silence.", tag: "Directory",
        parameters: [DirectoryRoutes.owner, DirectoryRoutes.name, CharacterAnswer.format],
        answers: [.init(.ok, "The file of the version that the directory shows.", schema: CharacterAnswer.schema), .moved],
        problems: [.conflict, .gone])

    static let version = APIOperation(
        .get, "/v1/agents/{agent}/{name}/v/{version}/character", summary: "Read a published version as a character file of a generation",
        tag: "Directory",
        parameters: [
            DirectoryRoutes.owner, DirectoryRoutes.name, .init("version", in: .path, "The semantic version."), CharacterAnswer.format,
        ],
        answers: [.init(.ok, "The file.", schema: CharacterAnswer.schema), .moved], problems: [.conflict, .gone])
}
