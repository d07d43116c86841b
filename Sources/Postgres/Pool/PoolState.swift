import Synchronization

/// The pool's machine and its sleeping callers, behind one lock. Nothing is called under the lock but the machine.
final class PoolState: Sendable {
    typealias Machine = PoolMachine<PostgresConnection>
    typealias Continuation = CheckedContinuation<Machine.Grant, any Error>

    private struct Guarded: ~Copyable {
        var machine: Machine
        var sleepers: [Machine.WaiterID: Continuation] = [:]
        var lastID: Machine.WaiterID = 0
        var closers: [CheckedContinuation<Void, Never>] = []
        var random = SystemRandomNumberGenerator()

        mutating func take(_ ids: [Machine.WaiterID]) -> [Continuation] { ids.compactMap { sleepers.removeValue(forKey: $0) } }
    }

    private let guarded: Mutex<Guarded>

    init(size: Int, maximumWaiting: Int) {
        guarded = Mutex(Guarded(machine: Machine(size: size, maximumWaiting: maximumWaiting)))
    }

    var statistics: (open: Int, idle: Int, waiting: Int) {
        guarded.withLock { ($0.machine.open, $0.machine.idle.count, $0.machine.waiting) }
    }

    /// A grant without waiting, when there is one.
    func grantAtOnce() -> Machine.Grant? { guarded.withLock { $0.machine.grantAtOnce() } }

    func nextID() -> Machine.WaiterID {
        guarded.withLock {
            $0.lastID += 1
            return $0.lastID
        }
    }

    /// Waits in line. Throws `CancellationError` when cancelled and ``PoolMachine/Refusal`` when refused.
    func grant(_ id: Machine.WaiterID) async throws -> Machine.Grant {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Continuation) in
                let action = guarded.withLock { guarded -> Machine.AcquireAction? in
                    // A cancellation before this point found nobody in line to wake.
                    guard !Task.isCancelled else { return nil }
                    let action = guarded.machine.acquired(id)
                    if case .wait = action { guarded.sleepers[id] = continuation }
                    return action
                }
                switch action {
                case .wait?: break
                case .grant(let grant)?: continuation.resume(returning: grant)
                case .refuse(let refusal)?: continuation.resume(throwing: refusal)
                case nil: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let sleeper = guarded.withLock { guarded in
                guarded.machine.abandoned(id) ? guarded.sleepers.removeValue(forKey: id) : nil
            }
            sleeper?.resume(throwing: CancellationError())
        }
    }

    /// Returns the connection if it is to be closed.
    func returned(_ connection: PostgresConnection) -> PostgresConnection? {
        perform { $0.returned(connection, usable: !connection.health.isBroken) }
    }

    func replacing() { guarded.withLock { $0.machine.replacing() } }

    func opened() -> Bool { guarded.withLock { $0.machine.opened() } }

    func openingFailed() -> Duration {
        guarded.withLock { guarded in guarded.machine.openingFailed(using: &guarded.random) }
    }

    func gaveUp() { _ = perform { $0.gaveUp() } }

    /// Fails everybody in line when no connection is open at all.
    func unreachable(_ error: any Error) {
        let sleepers = guarded.withLock { guarded in guarded.take(guarded.machine.unreachable()) }
        for sleeper in sleepers { sleeper.resume(throwing: error) }
    }

    /// Refuses everybody from now on; returns the idle connections.
    func close() -> [PostgresConnection] {
        let (sleepers, connections) = guarded.withLock { guarded in
            let (waiters, connections) = guarded.machine.closed()
            return (guarded.take(waiters), connections)
        }
        for sleeper in sleepers { sleeper.resume(throwing: Machine.Refusal.closed) }
        return connections
    }

    /// Waits until every connection has come back. Not cancellable: calls end by their own deadlines.
    func waitUntilQuiet() async {
        await withCheckedContinuation { continuation in
            let isQuiet = guarded.withLock { guarded in
                if !guarded.machine.isQuiet { guarded.closers.append(continuation) }
                return guarded.machine.isQuiet
            }
            if isQuiet { continuation.resume() }
        }
    }

    private func perform(_ event: (inout Machine) -> Machine.ReturnAction) -> PostgresConnection? {
        let (action, sleeper, closers) = guarded.withLock { guarded -> (Machine.ReturnAction, Continuation?, [CheckedContinuation<Void, Never>]) in
            let action = event(&guarded.machine)
            var sleeper: Continuation?
            if case .grant(let id, _) = action { sleeper = guarded.sleepers.removeValue(forKey: id) }
            guard guarded.machine.isClosed, guarded.machine.isQuiet else { return (action, sleeper, []) }
            defer { guarded.closers = [] }
            return (action, sleeper, guarded.closers)
        }
        for closer in closers { closer.resume() }
        switch action {
        case .grant(_, let grant): sleeper?.resume(returning: grant)
        case .close(let connection): return connection
        case .park, .none: break
        }
        return nil
    }
}
