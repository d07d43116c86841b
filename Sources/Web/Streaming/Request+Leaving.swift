import HTTPTypes
package import Hummingbird

extension Request {
    /// Runs a wait that is cancelled when the client leaves: for answers that take seconds, so that nobody works for a
    /// caller who has gone. The body has been read or there is none.
    ///
    /// Watching the connection uses up what would carry a next request, so the answer closes it.
    package func whileClientWaits<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
        try await body.consumeWithCancellationOnInboundClose { _ in try await operation() }
    }
}
