package import Jobs
package import Postgres
package import Web

/// The directory: published agents that anyone may read, and forks of them.
///
/// What `mainstay` composes: routes for the ingress, one handler for workers. (The module has the same name; where both are
/// in sight the type is `Directory.Directory`.)
package struct Directory: Sendable {
    private let pool: PostgresPool
    private let producer: JobProducer

    /// - Parameter producer: accepts forks; its `run()` is the caller's.
    package init(pool: PostgresPool, producer: JobProducer) {
        self.pool = pool
        self.producer = producer
    }

    /// `/v1/directory` and `/v1/agents/{owner}/{name}…`, with their descriptions.
    package var routes: APIRoutes {
        DirectoryRoutes(pool: pool, producer: producer).routes
    }

    /// Serves `agent.fork`.
    package func register(in registry: inout HandlerRegistry) {
        registry.register(effect: ForkAgentHandler())
    }
}
