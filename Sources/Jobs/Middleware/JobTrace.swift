public import Logging

/// The trace of the job that the current task handles.
public enum JobTrace {
    /// The span of the handler, to be sent on as `traceparent` by whatever it calls outside; nil outside of a handler, for jobs
    /// without a trace, and for a batch of several. ``JobTraceMiddleware`` sets it.
    @TaskLocal public static var current: TraceParent?
}

extension Logger.MetadataProvider {
    /// Adds `trace_id` and `span_id` of ``JobTrace/current`` to every line that a handler logs, with whatever logger.
    public static let jobTrace = Logger.MetadataProvider {
        guard let trace = JobTrace.current else { return [:] }
        return ["trace_id": .string(String(trace.traceID)), "span_id": .string(String(trace.spanID))]
    }
}
