package import Jobs
package import Logging
package import Postgres
package import Web

/// Who asks and what became of the work: what `mainstay` composes of this module.
package struct Workspaces: Sendable {
    package let workspaces: WorkspaceStore
    package let tokens: TokenStore
    /// Also a service: it notes the last use of tokens.
    package let authenticator: TokenAuthenticator<ContinuousClock>

    /// - Parameter multiUser: off, everything happens in the default workspace, under the same policies.
    package init(pool: PostgresPool, multiUser: Bool, logger: Logger) {
        workspaces = WorkspaceStore(pool: pool, multiUser: multiUser)
        tokens = TokenStore(pool: pool)
        authenticator = TokenAuthenticator(store: tokens, logger: logger)
    }

    /// `/v1/workspace`, `/v1/tokens`, `/v1/jobs`, `/v1/job-groups`.
    package func routes(producer: JobProducer) -> [APIRoutes] {
        [
            TokenRoutes(workspaces: workspaces, tokens: tokens).routes(), JobRoutes(producer: producer).routes(),
            JobGroupRoutes(producer: producer).routes(),
        ]
    }
}
