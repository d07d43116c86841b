import Foundation
import Jobs
import Postgres
import Web

/// Between two steps: what the tool calls of the model come to.
extension RunAttempt {
    /// Has the calls of a step carried out, by the server and by the client.
    ///
    /// - Returns: a message for each call, in the order of their indices; nil when the client did not post its results in time.
    func results(of call: ModelCall, _ queue: RunAppendQueue, _ signals: RunSignals) async throws -> [RunMessage]? {
        let ending = call.ending
        try await queue.offer([
            .stepFinished(StepFinished(step: call.step, finish: ending?.finish, missingDone: ending?.missingDone ?? false))
        ])
        let calls = call.tools.sorted { $0.index < $1.index }
        let clients = calls.filter { plan.serverTools[$0.name] == nil && plan.clientTools.contains($0.name) }
        let place = ToolPlace(
            run: RunPlace(identity: identity, epoch: claim.epoch, step: call.step, agent: plan.agent?.id), context: context, clock: clock)
        let until = Date().addingTimeInterval(toolWait.milliseconds / 1_000)
        try await record(call, waitingFor: clients, until: until, in: place)

        let own = calls.filter { call in !clients.contains { $0.index == call.index } }
        var outcomes = try await carryOut(own, place, queue)
        if !clients.isEmpty {
            guard let posted = try await wait(for: clients, step: call.step, until: until, queue, signals) else { return nil }
            try await tell(clients, posted, queue, from: .client)
            outcomes.merge(posted) { first, _ in first }
        }
        return calls.compactMap { call in outcomes[call.index]?.message(for: call) }
    }

    // MARK: The server's tools

    /// More would be one model's words becoming a flood of requests from this machine.
    private static let callsOfStep = 64
    private static let callsAtOnce = 8

    /// Carries out calls side by side, and tells their results in the order of their indices.
    private func carryOut(_ calls: [ToolCall], _ place: ToolPlace, _ queue: RunAppendQueue) async throws -> [Int: ToolOutcome] {
        var outcomes: [Int: ToolOutcome] = [:]
        try await withThrowingTaskGroup(of: (Int, ToolOutcome).self) { group in
            var rest = calls[...]
            func begin() {
                guard let call = rest.popFirst() else { return }
                group.addTask { (call.index, try await outcome(of: call, place)) }
            }
            for _ in 0..<Self.callsAtOnce { begin() }
            // One task offers: the group's results come to this one.
            while let (index, outcome) = try await group.next() {
                begin()
                outcomes[index] = outcome
                // A memory that is stored is told at once, and not when the slowest call is done.
                if !outcome.writes.isEmpty { try await queue.offer(outcome.writes.map(RunEvent.memoryWritten)) }
            }
        }
        try await tell(calls, outcomes, queue, from: .builtin)
        return outcomes
    }

    private func outcome(of call: ToolCall, _ place: ToolPlace) async throws -> ToolOutcome {
        guard call.index < Self.callsOfStep else { return ToolOutcome(ToolFault("A step carries out \(Self.callsOfStep) calls at most.")) }
        guard let tool = plan.serverTools[call.name] else {
            let names = plan.request.tools.map(\.name).joined(separator: ", ")
            return ToolOutcome(ToolFault("There is no tool \(call.name). \(names.isEmpty ? "There are none." : "There are \(names).")"))
        }
        do {
            return try await tool.call(call, in: place)
        } catch let fault as ToolFault {
            return ToolOutcome(fault)
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

    /// Waits until the client has posted a result for each call.
    ///
    /// The results are rows; their announcement only makes it quick. They are looked for before the wait begins, and after each ring
    /// of a bell that is kept when nobody waits, so what is posted at any moment is either found or announced.
    private func wait(
        for calls: [ToolCall], step: Int, until: Date, _ queue: RunAppendQueue, _ signals: RunSignals
    ) async throws -> [Int: ToolOutcome]? {
        let early = try await posted(step)
        let open = calls.filter { early[$0.index] == nil }
        guard !open.isEmpty else { return early }
        try await queue.offer([.paused(RunPause(calls: open.map(\.id), until: WireCoding.text(until)))])
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
                    try await clock.sleep(for: toolWait)
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
