extension PostgresConnection {
    /// What the server will answer, in the order of sending.
    private enum Reply {
        case deallocate
        case prepare(StatementCache.Key, step: Int)
        case step(Int)

        /// The step whose statement it is about.
        var subject: Int? {
            switch self {
            case .deallocate: nil
            case .prepare(_, let step), .step(let step): step
            }
        }
    }

    /// Sends all steps in one pipeline with one sync and reads all answers.
    ///
    /// The server skips everything after a failed step. Then the error of that step is thrown, after the transaction was rolled
    /// back, and the connection stays usable. When the connection breaks or a deadline passes, it is abandoned.
    func run(_ trip: Trip, until deadline: ContinuousClock.Instant, signal: CancelSignal?) throws -> [Delivery] {
        let first = trip.steps.first?.statement
        guard let wire, !health.isBroken else { throw PostgresError(.connection, "the connection is closed").locating(first) }
        try checkBeforeSending(until: deadline, signal: signal, for: first)
        traffic.leaves(committing: trip.isCommitting)
        var exchange = Exchange(wire: wire, interrupt: interrupt, signal: signal, deadline: deadline)
        var progress = TripProgress(trip, behindPooler: configuration.pooler)
        do {
            try receive(try send(trip, on: wire), of: trip, into: &progress, through: &exchange)
        } catch let failure as Exchange.Failure {
            if failure == .expired, let request = wire.cancelRequest() {
                // The statement should not go on working for nobody. Not awaited: the connection is closed in any case.
                _ = Canceller(request, interrupt: interrupt)
            }
            abandon()
            throw progress.error(after: failure)
        }
        if !exchange.settle() { abandon() }
        if let failure = progress.failure {
            if failure.stalePlan { abandon() } else if !health.isBroken { rollBack() }
            throw progress.error(failure, wasCancelled: exchange.isCancelled)
        }
        guard health.isBroken || wire.transactionState == trip.stateAfter else {
            abandon()
            throw PostgresError(.usage, "a statement began or ended a transaction by itself; only the pool does that").locating(first)
        }
        return progress.deliveries
    }

    /// Refuses what is cancelled or late already, with the connection left clean: nothing was sent, but an earlier trip may have
    /// begun the transaction.
    func checkBeforeSending(until deadline: ContinuousClock.Instant, signal: CancelSignal?, for statement: Statement?) throws {
        guard let signal else { return }
        if signal.isRaised {
            rollBack()
            throw PostgresError(.cancelled, "the task was cancelled").locating(statement)
        }
        if .now >= deadline {
            rollBack()
            throw PostgresError(.timeout, "the deadline passed before the statement was sent").locating(statement)
        }
    }

    private func send(_ trip: Trip, on wire: Wire) throws -> [Reply] {
        var replies: [Reply] = []
        // In a failed transaction the server accepts ROLLBACK, but not the DEALLOCATE that making room for it may take.
        if configuration.pooler || trip.isRollback {
            for (index, step) in trip.steps.enumerated() {
                try check(wire.sendUnnamed(step.statement), wire)
                replies.append(.step(index))
            }
        } else {
            try sendPrepared(trip, on: wire, replies: &replies)
        }
        try check(wire.sendSync(), wire)
        return replies
    }

    private func sendPrepared(_ trip: Trip, on wire: Wire, replies: inout [Reply]) throws {
        cache.beginTrip()
        let plans = trip.steps.map { step in
            let key = StatementCache.Key(step.statement)
            return (key: key, action: cache.plan(key))
        }
        // First of all, so that a failing statement cannot skip them and leave them behind on the server.
        for plan in plans {
            guard case .prepare(_, let evicting?) = plan.action else { continue }
            try check(wire.sendDeallocate(name: evicting), wire)
            replies.append(.deallocate)
        }
        for (index, plan) in plans.enumerated() {
            let statement = trip.steps[index].statement
            switch plan.action {
            case .use(let name):
                try check(wire.sendPrepared(statement, name: name), wire)
            case .prepare(let name, _):
                try check(wire.sendPrepare(statement, name: name), wire)
                replies.append(.prepare(plan.key, step: index))
                try check(wire.sendPrepared(statement, name: name), wire)
            }
            replies.append(.step(index))
        }
    }

    private func receive(_ replies: [Reply], of trip: Trip, into progress: inout TripProgress, through exchange: inout Exchange) throws {
        for reply in replies {
            var succeeded = false
            while let result = try exchange.next() {
                switch result.status {
                case .done, .rows:
                    succeeded = true
                    if case .step(let index) = reply { progress.succeeded(step: index, with: result) }
                case .failed:
                    let fault = result.fault
                    // Without a SQLSTATE it is libpq that reports a broken connection: the server has answered nothing.
                    guard fault.sqlState != nil else { throw Exchange.Failure.broken(fault.message) }
                    progress.failed(step: reply.subject, with: fault)
                    if fault.endsConnection { throw Exchange.Failure.broken(fault.message) }
                case .skipped: break
                case .copyIn: throw Exchange.Failure.unexpected("COPY needs copy(into:)")
                case .sync, .unexpected: throw Exchange.Failure.unexpected("an answer that does not belong to the statement")
                }
            }
            if case .prepare(let key, _) = reply {
                if succeeded { cache.confirmed(key) } else { cache.forgotten(key) }
            }
        }
        guard let end = try exchange.next(), end.status == .sync else { throw Exchange.Failure.unexpected("no end of the pipeline") }
    }

    private func check(_ sent: Bool, _ wire: Wire) throws {
        guard sent else { throw Exchange.Failure.broken(wire.lastMessage) }
    }
}
