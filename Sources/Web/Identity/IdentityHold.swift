/// Whose a request is, for as long as its answer lasts.
package struct IdentityHold: Sendable {
    package let identity: Identity
    /// Nil where nothing watches, and what is open stays open.
    let watch: IdentityWatch?

    /// Runs what takes long, and cancels it when the identity is good no longer.
    /// - Throws: ``IdentityEnded`` then, once the operation has ended; what the operation throws.
    package func whileGood<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard let watch else { return try await operation() }
        let identity = identity
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await watch.end(of: identity)
                throw IdentityEnded()
            }
            guard let value = try await group.next() else { throw CancellationError() }
            // What is left only waits.
            group.cancelAll()
            return value
        }
    }

    /// Asks again who it is, where what was found at the request's beginning is too old to be believed.
    /// - Parameter age: how long ago that was.
    /// - Throws: ``IdentityEnded``; what the stores throw.
    func confirm(after age: Duration) async throws {
        guard let watch, age >= watch.belief else { return }
        try await watch.confirm(identity)
    }
}
