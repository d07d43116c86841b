import HTTPTypes
package import Hummingbird

extension Request {
    /// Runs a wait that is cancelled when the client leaves: for answers that take seconds, so that nobody works for a
    /// caller who has gone. The body has been read or there is none.
    ///
    /// Watching the connection uses up what would carry a next request, so the answer closes it.
    package func whileClientWaits<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
        try await whileConnected { try await operation() }
    }

    /// The same for an operation that is not sent anywhere else.
    func whileConnected<Value: Sendable>(_ operation: () async throws -> Value) async throws -> Value {
        try await body.consumeWithCancellationOnInboundClose { rest in
            // Nobody reads what is left of the body, and its stream is to know: of a body that was read before, it never sees the
            // end, and a stream that is dropped without one stops the process.
            _ = rest.makeAsyncIterator()
            return try await operation()
        }
    }
}
