import Foundation
import Jobs
import Postgres
import Web

/// Between two steps: what the tool calls of the model come to.
extension RunAttempt {
    /// Has the calls of a step carried out, by the server and by the client.
    ///
    /// - Parameter recorded: What an earlier attempt has told of the step; calls that have a result there are not carried out again.
    /// - Returns: a message for each call, in the order of their indices; nil when the client did not post its results in time.
    func results(
        of call: ModelCall, recorded: RecordedStep?, _ queue: RunAppendQueue, _ signals: RunSignals
    ) async throws -> [RunMessage]? {
        if recorded == nil {
            let ending = call.ending
            let end = RunEvent.stepFinished(
                StepFinished(step: call.step, finish: ending?.finish, missingDone: ending?.missingDone ?? false))
            let begins = progress.begins()
            try await queue.offer((begins ? [started, .stepStarted(step: 1)] : []) + call.untold() + [end])
        }
        let calls = call.tools.sorted { $0.index < $1.index }
        let clients = calls.filter { plan.serverTools[$0.name] == nil && plan.clientTools.contains($0.name) }
        let place = ToolPlace(
            run: RunPlace(identity: identity, epoch: claim.epoch, step: call.step, agent: plan.agent?.id), context: context, clock: clock)
        let until = Date().addingTimeInterval(toolWait.milliseconds / 1_000)
        try await record(call, isRecorded: recorded != nil, waitingFor: clients, until: until, in: place)

        let told = recorded.flatMap { continuation?.outcomes(of: $0) } ?? [:]
        let own = calls.filter { call in told[call.index] == nil && !clients.contains { $0.index == call.index } }
        var outcomes = told.merging(try await carryOut(own, isAgain: recorded != nil, place, queue)) { first, _ in first }
        if !clients.isEmpty {
            var wait = ClientWait(calls: clients, step: call.step, until: until, left: toolWait)
            if let recorded {
                wait.isTold = recorded.isPauseTold
                if let until = try await place.persisting({ try await store.waitEnd(of: identity, step: call.step) }) { wait.goOn(until: until) }
            }
            guard let posted = try await results(wait, queue, signals) else { return nil }
            try await tell(clients.filter { told[$0.index] == nil }, posted, queue, from: .client)
            outcomes.merge(posted) { _, posted in posted }
        }
        return calls.compactMap { call in outcomes[call.index]?.message(for: call) }
    }

    // MARK: The server's tools

    /// More would be one model's words becoming a flood of requests from this machine.
    private static let callsOfStep = 64
    private static let callsAtOnce = 8

    /// Carries out calls side by side, and tells their results in the order of their indices.
    ///
    /// - Parameter isAgain: An earlier attempt may have begun with them.
    private func carryOut(
        _ calls: [ToolCall], isAgain: Bool, _ place: ToolPlace, _ queue: RunAppendQueue
    ) async throws -> [Int: ToolOutcome] {
        var outcomes: [Int: ToolOutcome] = [:]
        let told = isAgain ? await journal.transcript.memoryWrites : []
        try await withThrowingTaskGroup(of: (Int, ToolOutcome).self) { group in
            var rest = calls[...]
            func begin() {
                guard let call = rest.popFirst() else { return }
                group.addTask { (call.index, try await outcome(of: call, isAgain: isAgain, place)) }
            }
            for _ in 0..<Self.callsAtOnce { begin() }
            // One task offers: the group's results come to this one.
            while let (index, outcome) = try await group.next() {
                begin()
                outcomes[index] = outcome
                // A memory that is stored is told at once, and not when the slowest call is done.
                let news = outcome.writes.filter { !told.contains($0.event) }
                if !news.isEmpty { try await queue.offer(news.map(RunEvent.memoryWritten)) }
            }
        }
        try await keep(calls, outcomes, place)
        try await tell(calls, outcomes, queue, from: .builtin)
        return outcomes
    }

    private func outcome(of call: ToolCall, isAgain: Bool, _ place: ToolPlace) async throws -> ToolOutcome {
        guard call.index < Self.callsOfStep else { return ToolOutcome(ToolFault("A step carries out \(Self.callsOfStep) calls at most.")) }
        guard let tool = plan.serverTools[call.name] else {
            let names = plan.request.tools.map(\.name).joined(separator: ", ")
            return ToolOutcome(ToolFault("There is no tool \(call.name). \(names.isEmpty ? "There are none." : "There are \(names).")"))
        }
        guard !isAgain || tool.isRepeatable else {
            return ToolOutcome(ToolFault("The call was interrupted, and its outcome is unknown: it may have taken place."))
        }
        do {
            return try await tool.call(call, in: place)
        } catch let fault as ToolFault {
            return ToolOutcome(fault)
        }
    }

    /// Keeps what an event cannot hold, before it is told: whoever goes on with the run gives the model the same.
    private func keep(_ calls: [ToolCall], _ outcomes: [Int: ToolOutcome], _ place: ToolPlace) async throws {
        guard plan.isContinued else { return }
        let long = calls.compactMap { call in outcomes[call.index].map { (call, $0) } }.filter { $0.1.output.utf8.count > ToolResult.outputLimit }
        guard !long.isEmpty else { return }
        try await place.persisting {
            try await context.transaction { transaction in
                try await store.lock(identity, epoch: claim.epoch, in: transaction)
                for (call, outcome) in long { store.submit(outcome, of: call, step: place.run.step, of: identity, in: transaction) }
            }
        }
    }

    private func tell(
        _ calls: [ToolCall], _ outcomes: [Int: ToolOutcome], _ queue: RunAppendQueue, from place: RunMetrics.ToolOrigin
    ) async throws {
        for call in calls {
            guard let outcome = outcomes[call.index] else { continue }
            journal.metrics.runs.answered(in: plan.serverTools[call.name]?.origin ?? place, isError: outcome.isError)
        }
        let events = calls.compactMap { call in
            outcomes[call.index].map { RunEvent.toolResult(ToolResult(of: call, output: $0.output, isError: $0.isError)) }
        }
        if !events.isEmpty { try await queue.offer(events) }
    }

    // MARK: The client's tools

    /// What is waited for, and for how long.
    private struct ClientWait {
        var calls: [ToolCall]
        var step: Int
        var until: Date
        var left: Duration
        /// The client was told of it.
        var isTold = false

        /// The wait began earlier, and ends when it was to end.
        mutating func goOn(until: Date) {
            self.until = until
            left = .seconds(max(0, until.timeIntervalSinceNow))
        }
    }

    /// Waits until the client has posted a result for each call.
    ///
    /// The results are rows; their announcement only makes it quick. They are looked for before the wait begins, and after each ring
    /// of a bell that is kept when nobody waits, so what is posted at any moment is either found or announced.
    private func results(_ wait: ClientWait, _ queue: RunAppendQueue, _ signals: RunSignals) async throws -> [Int: ToolOutcome]? {
        let (calls, step, left) = (wait.calls, wait.step, wait.left)
        let early = try await posted(step)
        let open = calls.filter { early[$0.index] == nil }
        guard !open.isEmpty else { return early }
        if !wait.isTold { try await queue.offer([.paused(RunPause(calls: open.map(\.id), until: WireCoding.text(wait.until)))]) }
        return try await signals.paused {
            try await withThrowingTaskGroup(of: [Int: ToolOutcome]?.self) { group in
                group.addTask {
                    while true {
                        let found = try await posted(step)
                        if calls.allSatisfy({ found[$0.index] != nil }) { return found }
                        await signals.results.wait()
                        try Task.checkCancellation()
                    }
                }
                group.addTask {
                    try await clock.sleep(for: left)
                    // What was posted in time and not announced counts all the same.
                    let found = try await posted(step)
                    return calls.allSatisfy { found[$0.index] != nil } ? found : nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        }
    }

    /// The results that were posted for a step. While the database is away this waits: the wait has its own end.
    private func posted(_ step: Int) async throws -> [Int: ToolOutcome] {
        while true {
            do {
                return try await store.results(of: identity, step: step)
            } catch let error as PostgresError where error.isRetryable {
                try await clock.sleep(for: .seconds(1))
            }
        }
    }
}
