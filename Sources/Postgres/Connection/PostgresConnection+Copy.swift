extension PostgresConnection {
    /// COPY … FROM STDIN: first what the transaction has queued, then the data. Returns the rows that the server took.
    ///
    /// `write` runs on this thread and is called once; it hands over chunks, and each waits until libpq's buffer has room, so
    /// memory stays bounded. What `write` throws makes the server refuse the copy.
    func copy(
        _ transaction: TransactionState, _ statement: Statement, binary: Bool, until deadline: ContinuousClock.Instant, signal: CancelSignal,
        write: (_ send: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> [Delivery] {
        do {
            let before = try transaction.nextTrip(nil, opening: true).map { try run($0, until: deadline, signal: signal) }
            let copied = try outsidePipeline(until: deadline, signal: signal, for: statement) { wire, exchange in
                guard wire.sendUnnamed(statement) else { throw Exchange.Failure.broken(wire.lastMessage) }
                exchange.queuedMore()
                try sendCopy(on: wire, through: &exchange, binary: binary, write: write)
            }
            return (before ?? []) + copied.map { Delivery(submission: Submission(statement), result: $0) }
        } catch {
            transaction.lost(error)
            throw error
        }
    }

    /// Statements without parameters in one text, as a migration has them. With a transaction they belong to it; without one
    /// they run by themselves, which `create database` and `vacuum` need.
    func runScript(
        _ transaction: TransactionState?, _ statement: Statement, until deadline: ContinuousClock.Instant, signal: CancelSignal
    ) throws -> [Delivery] {
        do {
            let before = try transaction?.nextTrip(nil, opening: true).map { try run($0, until: deadline, signal: signal) }
            guard !statement.sql.containsNUL else { throw PostgresError(.usage, "the script holds a NUL byte").locating(statement) }
            _ = try outsidePipeline(until: deadline, signal: signal, for: statement, inTransaction: transaction != nil) { wire, exchange in
                guard wire.sendScript(statement.sql) else { throw Exchange.Failure.broken(wire.lastMessage) }
                exchange.queuedMore()
            }
            return before ?? []
        } catch {
            transaction?.lost(error)
            throw error
        }
    }

    /// Leaves pipeline mode, lets `start` begin a conversation, reads it to its end and goes back. Errors as in ``run(_:until:signal:)``.
    private func outsidePipeline(
        until deadline: ContinuousClock.Instant, signal: CancelSignal, for statement: Statement, inTransaction: Bool = true,
        _ start: (Wire, inout Exchange) throws -> Void
    ) throws -> [PostgresResult] {
        guard let wire, !health.isBroken else { throw PostgresError(.connection, "the connection is closed").locating(statement) }
        try checkBeforeSending(until: deadline, signal: signal, for: statement)
        traffic.leaves(committing: false)
        var exchange = Exchange(wire: wire, interrupt: interrupt, signal: signal, deadline: deadline)
        var progress = TripProgress(Trip(steps: [.init(part: .work, submission: Submission(statement))]), behindPooler: configuration.pooler)
        var results: [PostgresResult] = []
        var refusal: (any Error)?
        do {
            guard wire.leavePipeline() else { throw Exchange.Failure.broken(wire.lastMessage) }
            do {
                try start(wire, &exchange)
            } catch let error where !(error is Exchange.Failure) {
                refusal = error
            }
            while let result = try exchange.next() {
                switch result.status {
                case .failed:
                    let fault = result.fault
                    guard fault.sqlState != nil else { throw Exchange.Failure.broken(fault.message) }
                    progress.failed(step: 0, with: fault)
                    if fault.endsConnection { throw Exchange.Failure.broken(fault.message) }
                case .done, .rows: results.append(result.read())
                default: throw Exchange.Failure.unexpected("the statement began a conversation that it must not")
                }
            }
            guard wire.enterPipeline() else { throw Exchange.Failure.broken(wire.lastMessage) }
        } catch let failure as Exchange.Failure {
            if failure == .expired, let request = wire.cancelRequest() { _ = Canceller(request, interrupt: interrupt) }
            abandon()
            throw progress.error(after: failure)
        }
        if !exchange.settle() { abandon() }
        if let error = refusal ?? progress.failure {
            if !health.isBroken { rollBack() }
            // A cancellation may stop the statement before it began to copy: its first answer is an error then.
            throw (error as? PostgresError).map { progress.error($0, wasCancelled: exchange.isCancelled).locating(statement) } ?? error
        }
        guard health.isBroken || (wire.transactionState == .inTransaction) == inTransaction else {
            abandon()
            throw PostgresError(.usage, "the script began or ended a transaction by itself").locating(statement)
        }
        return results
    }

    private func sendCopy(
        on wire: Wire, through exchange: inout Exchange, binary: Bool, write: (_ send: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        guard let first = try exchange.next() else { throw Exchange.Failure.unexpected("no answer to COPY") }
        guard first.status == .copyIn else {
            let fault = first.fault
            guard first.status == .failed else { throw PostgresError(.usage, "the statement is not COPY … FROM STDIN") }
            guard !fault.endsConnection else { throw Exchange.Failure.broken(fault.message) }
            throw fault.error
        }
        guard first.isBinary == binary else {
            try finish(wire, &exchange, failure: "wrong format")
            throw PostgresError(
                .usage,
                binary ? "rows are sent in binary: write copy … from stdin (format binary)" : "the data is text, but the statement says format binary"
            )
        }
        do {
            try write { chunk in
                guard chunk.count > 0 else { return }
                guard !exchange.isCancelled else { throw PostgresError(.cancelled, "the task was cancelled during COPY") }
                try put(wire, &exchange) { wire.putCopy(chunk) }
            }
        } catch let error where !(error is Exchange.Failure) {
            try finish(wire, &exchange, failure: "refused by the client")
            throw error
        }
        try finish(wire, &exchange, failure: nil)
    }

    private func finish(_ wire: Wire, _ exchange: inout Exchange, failure: String?) throws {
        try put(wire, &exchange) { wire.endCopy(failure: failure) }
    }

    private func put(_ wire: Wire, _ exchange: inout Exchange, _ attempt: () -> Bool?) throws {
        while true {
            guard let taken = attempt() else { throw Exchange.Failure.broken(wire.lastMessage) }
            exchange.queuedMore()
            // Every chunk goes to the kernel before the next is made: the buffer never holds more than one.
            try exchange.drain()
            if taken { return }
        }
    }
}
