import Foundation
import Jobs

/// The end of an attempt that owns its run.
extension RunAttempt {
    /// How long the terminal event's append may take when the log is away: readers find the end in PostgreSQL.
    private static let conclusionPatience = Duration.seconds(5)

    /// Writes the run's end: PostgreSQL, then the terminal event.
    func end(_ ending: RunEnding) async throws {
        var state = progress.current
        let own = state.call?.ending
        let stepState = (own.map { RunEnding($0) } ?? ending).state
        let shown = await journal.transcript
        var openStep = shown.openStep
        var last: [RunEvent] = []
        let isSilent = await journal.isEmpty
        let lost = LostCalls(shown: shown, isSilent: isSilent, silentAttempts: silentAttempts, size: plan.request.size)
        if isSilent {
            last.append(started)
            if own != nil {
                last.append(.stepStarted(step: 1))
                openStep = 1
            }
        }
        // A model that was asked and is not to go on has used what it was sent, also where it has shown nothing yet.
        if openStep == nil, let call = state.call, call.isCut, call.request != nil {
            last.append(.stepStarted(step: call.step))
            openStep = call.step
        }
        // And so has one that a lost attempt asked of which no event is left.
        if isSilent, openStep == nil, state.call?.request == nil, silentAttempts > 0 {
            last.append(.stepStarted(step: 1))
            openStep = 1
        }
        if openStep != nil {
            if let call = state.call {
                last += call.untold(addsTotal: shown.usage.total != nil)
                if let estimate = uncounted(call, shown) {
                    last.append(.usage(estimate))
                    state.call?.usage.add(estimate)
                }
            } else {
                last += lost.estimates.map(RunEvent.usage)
            }
        }
        last += try await untoldWrites().map(RunEvent.memoryWritten)
        if let openStep {
            last.append(
                .stepFinished(
                    StepFinished(
                        step: openStep, finish: own?.finish ?? ending.finish, missingDone: own?.missingDone ?? ending.missingDone,
                        state: stepState == .completed ? nil : stepState)))
        }
        // What is shown with the end alone is shown now.
        let begunAt = state.begunAt ?? (isSilent ? Date() : nil)
        if !last.isEmpty { try await journal.append(last) }

        let usage = await journal.transcript.usage
        let (archive, transcript) = await journal.conclude(with: ending.event(usage: usage))
        let (estimated, answering) = (transcript.estimated, state.candidate)
        let step = state.call.map { RunStep($0, tries: state.tries(of: $0), ending: ending) }
        let repeatedCalls = state.call?.request == nil ? lost.repeated : silentAttempts + transcript.repeats
        let cost = (setup?.budgets.prices ?? PriceTable.none).cost(
            of: usage, estimated: estimated, provider: answering.provider, model: answering.model, reported: usage.cost)
        let outcome = RunOutcome(
            state: ending.state, transcript: transcript, incompleteReason: ending.incompleteReason, error: ending.error, archive: archive,
            firstOutput: state.firstOutput, step: step, cost: cost.isWhole ? cost.known : nil, costSource: cost.isWhole ? cost.source : nil,
            repeatedCalls: repeatedCalls, begunAt: begunAt)
        let result = try JobResult(["run": identity.run.lowercased, "state": ending.state.rawValue])
        let jobState = ending.state == .cancelled ? OutcomeState.cancelled : .done
        let isWritten = try await context.finish(jobState, error: ending.error?.description, result: result) { transaction in
            try await store.finish(
                identity, epoch: claim.epoch, provider: answering.provider, model: answering.model, outcome: outcome, in: transaction)
            if plan.isContinued { store.submitRelease(of: identity, in: transaction) }
            setup?.budgets.record(
                workspace: identity.workspace, token: plan.token, provider: answering.provider, model: answering.model, usage: usage,
                estimated: estimated, reportedCost: usage.cost, repeatedCalls: repeatedCalls, in: transaction)
        }
        // The job had an outcome: of this end, of which only the answer was lost, or of another one, which is then what readers are told.
        if !isWritten, await !isRecorded(archive) { return }
        journal.metrics.runs.ended(ending.state, last: step)
        await announceEnd()
        // Only now: of an attempt that was overtaken another may be reading on.
        if ending.incompleteReason == .truncated || ending.incompleteReason == .interrupted { await abandon() }
    }

    /// What is taken for the rest of a step that ends with the run and that its provider did not count to the end.
    private func uncounted(_ call: ModelCall, _ shown: RunTranscript) -> TokenUsage? {
        guard call.isCut, let request = call.request else { return nil }
        return UsageEstimate.missing(
            in: call.usage, sent: request.size, received: shown.openSize.bytes, addsTotal: (shown.usage.total ?? call.usage.total) != nil)
    }

    /// Memories that the run wrote and the log does not tell of: whoever wrote them was lost, or cut, before it could.
    private func untoldWrites() async throws -> [MemoryWriteEvent] {
        guard plan.usesMemory else { return [] }
        let told = await journal.transcript.memoryWrites
        let writes = try await Persistence.persisting(on: clock) { try await memories.writes(of: identity.run, workspace: identity.workspace) }
        return writes.filter { !told.contains($0.event) }
    }

    /// Whether the run's end is this one. Where the row cannot be asked, its readers ask it.
    private func isRecorded(_ archive: [UInt8]) async -> Bool {
        let recorded = try? await store.archive(of: identity.run, workspace: identity.workspace)
        return recorded != nil && recorded == RunArchive.decode(archive)
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
