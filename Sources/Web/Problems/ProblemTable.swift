import HTTPTypes
import Hummingbird
import NIOCore

/// The one table of error to problem. Web's own rows come first; what other modules throw is mapped by closures that
/// the server hands in, for Web does not know those modules.
package struct ProblemTable: Sendable {
    /// nil when the error is not this row's.
    package typealias Row = @Sendable (any Error) -> Problem?

    private let rows: [Row]

    package init(_ rows: [Row] = []) {
        self.rows = rows
    }

    /// The problem for an error, or nil when no row knows it, which makes it a 500.
    func problem(for error: any Error) -> Problem? {
        if let problem = error as? Problem { return problem }
        if let fault = error as? FieldFault { return .invalid([fault]) }
        if error is CancellationError { return .unavailable("The server is stopping or the request was withdrawn.") }
        if error is IdentityEnded { return .unauthorized(.ended) }
        if error is NIOTooManyBytesError { return .badRequest("The body is larger than this route reads.") }
        for row in rows {
            if let problem = row(error) { return problem }
        }
        if let error = error as? HTTPError { return Problem(error.status, detail: error.body, headers: error.headers) }
        return nil
    }
}
