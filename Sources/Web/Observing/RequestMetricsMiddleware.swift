import HTTPTypes
package import Hummingbird
package import Metrics
import Synchronization

/// Counts requests and times them to the answer's head.
///
/// - `mainstay_http_requests_total{method,route,status}`
/// - `mainstay_http_request_duration_seconds{method,route}`
///
/// The labels are bounded: the route is its template (`unmatched` when there is none), a method outside the usual ones is
/// `OTHER`, and no tenant appears.
package struct RequestMetricsMiddleware: RouterMiddleware {
    package typealias Context = AppContext

    private let cache: RequestMetricsCache

    /// - Parameter factory: the process's own when nil.
    package init(factory: (any MetricsFactory)? = nil) {
        self.init(cache: RequestMetricsCache(factory: factory ?? MetricsSystem.factory))
    }

    init(cache: RequestMetricsCache) {
        self.cache = cache
    }

    package func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let route = context.endpointPath.flatMap { $0 == RouteTable.unmatched ? nil : $0 } ?? "unmatched"
        cache.record(method: Self.label(request.method), route: route, status: response.status.code, duration: ContinuousClock.now - start)
        return response
    }

    private static func label(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        default: "OTHER"
        }
    }
}

/// A metric object per combination of labels: looking one up in the factory for each request costs more.
final class RequestMetricsCache: Sendable {
    private struct CounterKey: Hashable {
        let method: String
        let route: String
        let status: Int
    }
    private struct TimerKey: Hashable {
        let method: String
        let route: String
    }
    private struct State {
        var counters: [CounterKey: Counter] = [:]
        var timers: [TimerKey: Timer] = [:]
    }

    private let factory: any MetricsFactory
    private let state = Mutex(State())

    init(factory: any MetricsFactory) {
        self.factory = factory
    }

    func record(method: String, route: String, status: Int, duration: Duration) {
        let (counter, timer) = state.withLock { state in
            (makeCounter(in: &state, method: method, route: route, status: status), makeTimer(in: &state, method: method, route: route))
        }
        counter.increment()
        let (seconds, attoseconds) = duration.components
        timer.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    private func makeCounter(in state: inout State, method: String, route: String, status: Int) -> Counter {
        let key = CounterKey(method: method, route: route, status: status)
        if let counter = state.counters[key] { return counter }
        let counter = Counter(
            label: "mainstay_http_requests_total", dimensions: [("method", method), ("route", route), ("status", "\(status)")], factory: factory)
        state.counters[key] = counter
        return counter
    }

    private func makeTimer(in state: inout State, method: String, route: String) -> Timer {
        let key = TimerKey(method: method, route: route)
        if let timer = state.timers[key] { return timer }
        let timer = Timer(
            label: "mainstay_http_request_duration_seconds", dimensions: [("method", method), ("route", route)], preferredDisplayUnit: .seconds,
            factory: factory)
        state.timers[key] = timer
        return timer
    }
}
