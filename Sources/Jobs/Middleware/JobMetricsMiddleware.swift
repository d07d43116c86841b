public import Metrics
import Synchronization

/// Times handlers: `mainstay_handler_duration_seconds{kind}`, one value a unit, failed ones included.
///
/// The engine itself measures `mainstay_job_duration_seconds`, from the moment that a batch is taken up to its commit. This one is
/// of the handler's own code, for those who want to know which part of that is theirs. The only label is the kind.
public struct JobMetricsMiddleware: JobMiddleware {
    private let recorders: Recorders

    /// - Parameter factory: the process's own when nil.
    public init(factory: (any MetricsFactory)? = nil) {
        recorders = Recorders(factory: factory ?? MetricsSystem.factory)
    }

    public func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R {
        let started = ContinuousClock.now
        defer { recorders.recorder(of: unit.kind.name).record((ContinuousClock.now - started).inSeconds) }
        return try await next()
    }

    /// A recorder for each kind: looking one up in the factory for every unit costs more.
    private final class Recorders: Sendable {
        private let factory: any MetricsFactory
        private let known = Mutex<[String: Recorder]>([:])

        init(factory: any MetricsFactory) {
            self.factory = factory
        }

        func recorder(of kind: String) -> Recorder {
            known.withLock { known in
                if let recorder = known[kind] { return recorder }
                let recorder = Recorder(
                    label: "mainstay_handler_duration_seconds", dimensions: [("kind", kind)], aggregate: true, factory: factory)
                known[kind] = recorder
                return recorder
            }
        }
    }
}
