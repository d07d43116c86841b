package import Jobs
package import Postgres
package import Web

/// Build memory: profiles of what builds take, from the sampler in CI to the rows that reports read.
///
/// What `mainstay` composes: routes for the ingress and a handler for workers. The sampler itself is ``ProfileRun``, which
/// knows neither.
package struct BuildMemory: Sendable {
    private let pool: PostgresPool
    private let producer: JobProducer

    /// - Parameter producer: accepts profiles in the ingress; its `run()` is the caller's.
    package init(pool: PostgresPool, producer: JobProducer) {
        self.pool = pool
        self.producer = producer
    }

    /// `/v1/build-profiles…`, with their descriptions.
    package var routes: APIRoutes { BuildProfileRoutes(pool: pool, producer: producer).routes }

    /// Serves `build-profile.store`.
    package func register(in registry: inout HandlerRegistry) {
        registry.register(batch: StoreBuildProfileHandler())
    }
}
