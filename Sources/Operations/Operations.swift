import Foundation
package import Hummingbird
package import Jobs
package import Postgres
package import Redis
package import Web
package import Workspaces

/// For those who run a fleet: the pages under `/ops`, and the same under `/v1/operations`.
///
/// It knows the engine and no kind of job. What `mainstay` composes of it: routes and pages, for the ingress alone.
package struct Operations: Sendable {
    private let desk: OperatorDesk
    private let gate: OperatorGate
    private let problems: ProblemTable

    /// - Parameters:
    ///   - queues: all that there are, in the order in which they are shown.
    ///   - problems: what the pages make of what is thrown.
    ///   - secret: signs the sessions of the pages; the same at every ingress behind one address. Nil for one that ends with this
    ///     process.
    package init(
        pool: PostgresPool, redis: RedisClient, configuration: JobsConfiguration, producer: JobProducer, workspaces: Workspaces, queues: [String],
        problems: ProblemTable, secret: String?
    ) {
        let fleet = FleetReader(pool: pool, redis: redis, configuration: configuration, queues: queues)
        self.init(
            feed: OverviewFeed { try await fleet.overview() },
            administration: JobAdministration(pool: pool, redis: redis, configuration: configuration), control: QueueControl(pool: pool),
            producer: producer, workspaces: workspaces, queues: queues, problems: problems, seal: SessionSeal(secret: secret))
    }

    init(
        feed: OverviewFeed, administration: JobAdministration, control: QueueControl, producer: JobProducer, workspaces: Workspaces,
        queues: [String], problems: ProblemTable, seal: SessionSeal, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        let tokens = workspaces.tokens
        desk = OperatorDesk(
            administration: administration, producer: producer, control: control, feed: feed,
            filters: FilterReader(workspaces: workspaces.workspaces, now: now), log: workspaces.log, queues: queues)
        gate = OperatorGate(
            realm: .operations, authenticator: workspaces.authenticator, standing: { try await tokens.standing(of: $0, workspace: $1) }, seal: seal,
            endings: workspaces.sessions, now: now)
        self.problems = problems
    }

    /// `/v1/operations…`, with their descriptions.
    package var routes: APIRoutes { OperationsRoutes(desk: desk, standing: gate.standing).routes }

    /// `/ops…`.
    package var pages: RouteCollection<AppContext> { OperationsPages(desk: desk, gate: gate, problems: problems).routes }
}
