import Logging

/// Loggers of requests. They are made when a line is written: naming each request beforehand would copy the logger's metadata some
/// four times, and most requests log nothing.
enum RequestLogger {
    /// Hummingbird's own name for a request's id.
    static let sourceKey = "hb.request.id"

    /// One name for the id in logs, headers and problems.
    static func make(_ plain: Logger, request: String, trace: RequestTrace, workspace: String?) -> Logger {
        var logger = plain
        logger[metadataKey: sourceKey] = nil
        logger[metadataKey: "request_id"] = .string(request)
        logger[metadataKey: "trace_id"] = .string(trace.traceID)
        if let workspace { logger[metadataKey: "workspace"] = .string(workspace) }
        return logger
    }
}
