/// Lets a handler go on with the trace of its job: binds ``JobTrace/current`` to a new span below the one that enqueued it.
///
/// Jobs of different traces that share a batch share no span: none is bound, and each job has its own in ``Job/trace``.
public struct JobTraceMiddleware: JobMiddleware {
    public init() {}

    public func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R {
        guard let trace = unit.trace else { return try await next() }
        var generator = SystemRandomNumberGenerator()
        return try await JobTrace.$current.withValue(trace.child(using: &generator)) { try await next() }
    }
}
