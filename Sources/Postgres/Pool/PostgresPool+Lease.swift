import Logging

extension PostgresPool {
    /// Lends a connection to `body`. The deadline counts from here.
    func withConnection<R: Sendable>(
        timeout: Duration?, caller: Statement.Caller, _ body: (PostgresConnection, ContinuousClock.Instant) async throws -> R
    ) async throws -> R {
        let deadline = ContinuousClock.now + (timeout ?? configuration.statementTimeout)
        let connection: PostgresConnection
        do {
            guard !Self.enclosing.contains(ObjectIdentifier(self)) else {
                throw PostgresError(.usage, "a transaction inside a transaction of the same pool: use the one that is open")
            }
            connection = try await lease(until: deadline)
        } catch var error as PostgresError {
            (error.file, error.line) = (caller.file.description, Int(caller.line))
            throw error
        }
        do {
            let value = try await body(connection, deadline)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Closes the pool: refuses new callers, closes idle connections, waits until the others have come back (each call has a
    /// deadline) and closes them. A second call waits as well.
    public func close() async {
        for connection in shared.close() { await connection.close() }
        await shared.waitUntilQuiet()
    }

    private func giveBack(_ connection: PostgresConnection) async {
        if let closing = shared.returned(connection) { await closing.close() }
    }

    private func lease(until deadline: ContinuousClock.Instant) async throws -> PostgresConnection {
        guard !Task.isCancelled else { throw PostgresError(.cancelled, "the task was cancelled") }
        let grant = if let grant = shared.grantAtOnce() { grant } else { try await waitInLine(until: deadline) }
        switch grant {
        case .slot: return try await openConnection(until: deadline)
        case .connection(let connection):
            // Anything that arrived while it was idle is probably its end: look before it costs a statement.
            if connection.health.isQuiet { return connection }
            if await connection.checkAlive() { return connection }
            logger.info("postgres connection was closed by the server while idle; opening another")
            shared.replacing()
            return try await openConnection(until: deadline)
        }
    }

    private func waitInLine(until deadline: ContinuousClock.Instant) async throws -> PoolState.Machine.Grant {
        let id = shared.nextID()
        let (grant, failure) = await withTaskGroup(of: Result<PoolState.Machine.Grant?, any Error>.self) { group in
            group.addTask {
                do { return .success(try await self.shared.grant(id)) } catch { return .failure(error) }
            }
            group.addTask {
                do { try await ContinuousClock().sleep(until: deadline) } catch { return .success(nil) }
                return .failure(OutOfTime())
            }
            var grant: PoolState.Machine.Grant?
            var failure: (any Error)?
            // Both are always waited for: a grant that crossed the alarm or a cancellation must be taken, or it would be lost.
            for await result in group {
                group.cancelAll()
                switch result {
                case .success(let granted): grant = grant ?? granted
                case .failure(let error): failure = failure ?? error
                }
            }
            return (grant, failure)
        }
        if let grant { return grant }
        switch failure {
        case is OutOfTime:
            let (open, idle, waiting) = shared.statistics
            throw PostgresError(.timeout, "no connection became free in time (\(open) open, \(idle) idle, \(waiting) waiting)")
        case PoolState.Machine.Refusal.closed?: throw PostgresError(.connection, "the pool is closed")
        case PoolState.Machine.Refusal.full(let waiting)?:
            throw PostgresError(.overloaded, "\(waiting) callers wait for a connection already")
        case let error as PostgresError: throw error
        default: throw PostgresError(.cancelled, "cancelled while waiting for a connection")
        }
    }

    /// Opens a connection in the slot that the caller holds, trying for as long as ``PostgresConfiguration/connectTimeout`` and
    /// the deadline allow.
    private func openConnection(until deadline: ContinuousClock.Instant) async throws -> PostgresConnection {
        let end = min(deadline, .now + configuration.connectTimeout)
        while true {
            do {
                let connection = try PostgresConnection(configuration: configuration, traffic: counted, logger: logger)
                let signal = CancelSignal(interrupt: connection.interrupt)
                try await withTaskCancellationHandler {
                    try await connection.open(until: end, signal: signal)
                } onCancel: {
                    signal.raise()
                }
                guard shared.opened() else {
                    await connection.close()
                    shared.gaveUp()
                    throw PoolClosedWhileOpening()
                }
                return connection
            } catch is PoolClosedWhileOpening {
                throw PostgresError(.connection, "the pool is closed")
            } catch {
                let pause = shared.openingFailed()
                guard isWorthAnotherTry(error), .now + pause < end, (try? await Task.sleep(for: pause)) != nil else {
                    let error = Task.isCancelled ? PostgresError(.cancelled, "cancelled while connecting") : error
                    logger.warning("postgres connection could not be opened", metadata: ["error": "\(error)"])
                    shared.gaveUp()
                    if !Task.isCancelled { shared.unreachable(error) }
                    throw error
                }
            }
        }
    }

    private func isWorthAnotherTry(_ error: any Error) -> Bool { (error as? PostgresError)?.isRetryable ?? false }
}

/// The pool was closed while a connection was being opened.
private struct PoolClosedWhileOpening: Error {}

/// The deadline of a caller in line passed.
private struct OutOfTime: Error {}
