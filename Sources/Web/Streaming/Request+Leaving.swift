import HTTPTypes
package import Hummingbird

/// What a wait threw whose connection was watched. The connection carries no next request, so the problem that is made of `cause` says
/// `Connection: close`, as any other answer behind such a wait has to.
package struct ClosingError: Error {
    package let cause: any Error
}

extension Request {
    /// Runs a wait that is cancelled when the client leaves: for answers that take seconds, so that nobody works for a
    /// caller who has gone. The body has been read or there is none.
    ///
    /// Watching the connection uses up what would carry a next request, so the connection ends with the answer, which must say so: set
    /// `Connection: close` on it, or a client's next request over the same connection is lost. A problem that `operation` throws says it by
    /// itself; so whatever the wait may come to is to be thrown in `operation`.
    package func whileClientWaits<Value: Sendable>(_ operation: @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await whileConnected { try await operation() }
        } catch {
            throw ClosingError(cause: error)
        }
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
