import Foundation
import Hummingbird
import Jobs
import Postgres
import Web

/// Build profiles over HTTP. A new one is a job and is answered 202.
struct BuildProfileRoutes: Sendable {
    let pool: PostgresPool
    let producer: JobProducer

    /// All routes of this feature, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.submit, use: submit)
        routes.on(Self.list, use: list)
        routes.on(Self.show, use: show)
        return routes
    }

    /// The job to enqueue.
    /// - Throws: a 422 problem that names every fault.
    static func checked(_ profile: BuildProfile) throws -> StoreBuildProfile {
        let faults = profile.faults(now: Date())
        guard faults.isEmpty else { throw Problem.invalid(faults.map { FieldFault(body: $0.path, $0.message) }) }
        return StoreBuildProfile(profile: profile)
    }

    private func submit(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        if request.isNDJSON { return try submitLines(request, context).response(from: request, context: context) }
        let (profile, body) = try await request.readJSON(BuildProfile.self, in: context)
        let payload = try Self.checked(profile)
        let workspace = context.identity.workspace
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let acceptance = try await producer.accept(
            payload, workspace: workspace, idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) },
            trace: TraceParent(header: context.trace.header))
        let accepted = AcceptedBody(
            id: acceptance.id, kind: StoreBuildProfile.kind.name, state: acceptance.state.rawValue, replayed: acceptance.replayed)
        return accepted.response(from: request, context: context)
    }

    private func list(_ request: Request, _ context: IdentifiedContext) async throws -> Page<StoredProfile> {
        let page = try PageRequest<UUID>(request)
        let query = try Query(request)
        let profiles = try await BuildProfileStore.page(
            of: context.identity.workspace, step: query["step"], commit: query["commit"], before: page.after, limit: page.limit + 1, in: pool)
        return try Page(profiles, for: page, key: \.id)
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let id = try context.pathID()
        guard let stored = try await BuildProfileStore.profile(id, workspace: context.identity.workspace, in: pool) else {
            throw Problem.notFound(
                "There is no build profile `\(id.lowercased)` here. One that was just accepted is written a moment later: `\(AcceptedBody.url(id))?wait=10s` waits for it."
            )
        }
        return try context.responseEncoder.encode(stored, from: request, context: context)
    }
}
