import Synchronization

/// A value that is made by whoever asks first and awaited by everyone else. A failure is kept too: what could not be
/// started once is not tried again by each of a thousand tests.
final class Once<Value: Sendable>: Sendable {
    private let make: @Sendable () async throws -> Value
    private let task = Mutex<Task<Value, any Error>?>(nil)

    init(_ make: @escaping @Sendable () async throws -> Value) {
        self.make = make
    }

    func value() async throws -> Value {
        // Unstructured, since the first caller's cancellation (a test's time limit) must not fail all the others.
        let running = task.withLock { task in
            if let task { return task }
            let started = Task.detached { try await self.make() }
            task = started
            return started
        }
        return try await running.value
    }
}
