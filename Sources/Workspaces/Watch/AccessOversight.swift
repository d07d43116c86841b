package import Hummingbird
package import Logging
package import Metrics
package import Postgres
package import ServiceLifecycle
package import Web

/// The access log and the watch, put together: what `mainstay serve` composes of them.
package struct AccessOversight: Sendable {
    package let log: AccessLogStore
    package let locks: TokenLockStore
    package let watch: AccessWatch<ContinuousClock>
    /// Write what the watch noticed, and the log's checkpoints. They lean on the pool.
    package let services: [any Service]

    /// - Parameter metrics: the process's own when nil.
    package init(pool: PostgresPool, keys: AccessLogKeys, rules: WatchRules = WatchRules(), metrics: (any MetricsFactory)? = nil, logger: Logger) {
        log = AccessLogStore(pool: pool)
        locks = TokenLockStore(pool: pool)
        watch = AccessWatch(rules: rules, clock: ContinuousClock(), metrics: metrics, logger: logger)
        services = [WatchRecorder(watch: watch, pool: pool, logger: logger), AccessLogCheckpointer(pool: pool, keys: keys, logger: logger)]
    }

    /// Stands inside of what makes problems, before authentication.
    package func beforeAuthentication(
        source: @escaping RequestSource = { _, _ in nil }
    ) -> any MiddlewareProtocol<Request, Response, AppContext> {
        SourceWatchMiddleware(watch: watch, source: source)
    }

    /// Stands around pages.
    package func aroundPages(
        source: @escaping RequestSource = { _, _ in nil }
    ) -> any MiddlewareProtocol<Request, Response, AppContext> {
        PageWatchMiddleware(watch: watch, source: source)
    }

    /// Stands right behind authentication, on the routes that need it.
    package var afterAuthentication: any MiddlewareProtocol<Request, Response, AppContext> { WatchMiddleware(watch: watch) }
}
