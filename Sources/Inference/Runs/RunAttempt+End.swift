import Foundation
import Jobs

/// The end of an attempt that owns its run.
extension RunAttempt {
    /// How long the terminal event's append may take when the log is away: readers find the end in PostgreSQL.
    private static let conclusionPatience = Duration.seconds(5)

    /// Writes the run's end: PostgreSQL, then the terminal event.
    func end(_ ending: RunEnding) async throws {
        let state = progress.current
        let own = state.call?.ending
        var openStep = await journal.transcript.openStep
        var last: [RunEvent] = []
        if await journal.isEmpty {
            last.append(started)
            if own != nil {
                last.append(.stepStarted(step: 1))
                openStep = 1
            }
        }
        if let usage = state.call?.earlyUsage, openStep != nil { last.append(.usage(usage)) }
        last += try await untoldWrites().map(RunEvent.memoryWritten)
        if let openStep {
            last.append(
                .stepFinished(
                    StepFinished(step: openStep, finish: own?.finish ?? ending.finish, missingDone: own?.missingDone ?? ending.missingDone)))
        }
        if !last.isEmpty { try await journal.append(last) }

        let usage = await journal.transcript.usage
        let (archive, transcript) = await journal.conclude(with: ending.event(usage: usage))
        let step = state.call.map { RunStep($0, tries: $0.step == 1 ? state.tries : [], ending: ending) }
        let outcome = RunOutcome(
            state: ending.state, transcript: transcript, incompleteReason: ending.incompleteReason, error: ending.error, archive: archive,
            firstOutput: state.firstOutput, step: step)
        let result = try JobResult(["run": identity.run.lowercased, "state": ending.state.rawValue])
        try await context.finish(ending.state == .cancelled ? .cancelled : .done, error: ending.error?.description, result: result) { transaction in
            try await store.finish(
                identity, epoch: claim.epoch, provider: state.candidate.provider, model: state.candidate.model, outcome: outcome, in: transaction)
            setup?.budgets.record(
                workspace: identity.workspace, token: plan.token, provider: state.candidate.provider, model: state.candidate.model, usage: usage,
                reportedCost: usage.cost, in: transaction)
        }
        journal.metrics.runs.ended(ending.state, last: step)
        await announceEnd()
    }

    /// Memories that the run wrote and the log does not tell of: whoever wrote them was lost, or cut, before it could.
    private func untoldWrites() async throws -> [MemoryWriteEvent] {
        guard plan.usesMemory else { return [] }
        let told = await journal.transcript.memoryWrites
        let writes = try await Persistence.persisting(on: clock) { try await memories.writes(of: identity.run, workspace: identity.workspace) }
        return writes.filter { !told.contains($0.event) }
    }

    /// The run is finished whatever happens here: a terminal event that cannot be appended is found in PostgreSQL.
    private func announceEnd() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await journal.deliverConclusion() }
            group.addTask { try? await clock.sleep(for: Self.conclusionPatience) }
            await group.next()
            group.cancelAll()
        }
    }
}
