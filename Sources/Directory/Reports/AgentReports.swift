package import Jobs
package import Postgres
package import Web

/// Reports about published agents, what operators decide, and who is told.
///
/// What `mainstay` composes: routes for the ingress; a handler and periodic tasks for workers.
package struct AgentReports: Sendable {
    private let pool: PostgresPool
    private let producer: JobProducer
    private let policy = ReportPolicy.standard

    /// - Parameter producer: accepts the notices to the owners of forks; its `run()` is the caller's.
    package init(pool: PostgresPool, producer: JobProducer) {
        self.pool = pool
        self.producer = producer
    }

    /// `/v1/agents/{owner}/{name}/reports`, `/v1/reports…`, `/v1/directory/removals`, `/v1/agents/{agent}/moderation`,
    /// `/v1/agents/{agent}/appeals`, `/v1/notices…` and `/v1/operations/agent-reports…`, with their descriptions.
    ///
    /// - Parameters:
    ///   - authenticator: who a reporter is that shows a token.
    ///   - trustedProxies: servers of our own between a client and this one, each of which adds to `X-Forwarded-For`. With too many of
    ///     them a reporter says itself where it comes from; with too few all come from one place.
    ///   - peer: the address that has opened the connection of a request.
    package func routes(
        authenticator: any Authenticator, trustedProxies: Int = 0, peer: @escaping @Sendable (AppContext) -> String?
    ) -> [APIRoutes] {
        let reports = ReportRoutes(
            desk: ReportDesk(pool: pool, policy: policy), identification: AuthenticationMiddleware(authenticator: authenticator),
            trustedProxies: trustedProxies, peer: peer)
        return [
            reports.routes, CaseRoutes(desk: CaseDesk(pool: pool, policy: policy)).routes, ModerationRoutes(desk: AppealDesk(pool: pool)).routes,
        ]
    }

    /// Serves `agent.notice`.
    package func register(in registry: inout HandlerRegistry) {
        registry.register(effect: NoteAgentRemovalHandler())
    }

    /// Kinds whose jobs nobody cancels: a notice is owed to the owners of forks.
    package static var uncancellable: [JobKind] { [NoteAgentRemoval.kind] }

    /// What every worker does beside its handlers.
    package var periodicTasks: [any PeriodicTask] {
        [NoticeSweep(pool: pool, producer: producer), ReportHousekeeping(pool: pool)]
    }
}
