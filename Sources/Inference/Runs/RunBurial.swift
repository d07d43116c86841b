import Foundation
import Jobs
import Logging
import Postgres

/// Ends a run whose job is dead: `failed`, with what it had shown and used.
///
/// **Nobody is told an end that is not written down.** Whoever comes first, a reader who asks for the run or the upkeep, writes it, in
/// this order:
///
/// 1. The log is claimed for an attempt after the last one. Its worker may have been stopped and not killed, and wake up: from here on
///    it shows nothing more.
/// 2. What was shown is read, and an end is made of it.
/// 3. The end commits, with the dead letter locked: one that is replayed before is owed again, and there is no end; one that is
///    replayed later finds the run ended and does not begin it again. So does a worker that had not even claimed the run. Where the log lost
///    the claim meanwhile, the ledger refuses a worker that was declared dead.
/// 4. It is appended to the log, for those who follow the run.
///
/// Several may do so at once: one commit counts, and the others find it. Where the log is away nothing is told, for it may still have
/// the events.
///
/// What is taken for lost calls is in the run's row and in what its workspace used, and in none of its events.
struct RunBurial: Sendable {
    let store: RunStore
    var log: RunLog
    var planner: RunPlanner
    /// Whose budgets count them; nil where there are none.
    let setup: InferenceSetup?
    let logger: Logger

    /// Ends a run if its job is dead and it has no end.
    ///
    /// - Returns: whether that was so. Then its row tells what became of it, for others may have been quicker.
    @discardableResult
    func end(_ run: UUID, workspace: UUID) async throws -> Bool {
        guard let lost = try await store.lost(run, workspace: workspace) else { return false }
        try await end(lost)
        return true
    }

    /// - Returns: false where another one ended the run, or it goes on: its dead letter was replayed, or another attempt owns it.
    @discardableResult
    func end(_ lost: LostRun) async throws -> Bool {
        let identity = lost.identity
        guard case .claimed(let finding) = try await log.claim(identity, epoch: lost.epoch + 1) else {
            logger.warning("the log of a dead run is a later attempt's", metadata: ["run": "\(identity.run.lowercased)"])
            return false
        }
        let earlier = try await log.readAll(identity.run)
        let writes = try await MemoryStore(pool: store.pool).writes(of: identity.run, workspace: identity.workspace)
        let record = LostRun.record(earlier, epoch: lost.epoch, attempts: lost.attempts, writes: writes)
        guard try await write(record, of: lost, after: earlier, begunAt: earlier.isEmpty ? nil : finding.shownAt) else {
            return false
        }
        log.metrics.runs.lost()
        logger.notice("a run whose job is dead was ended", metadata: ["run": "\(identity.run.lowercased)"])
        let shown = earlier.last?.id
        await announce(record.entries.filter { entry in shown.map { entry.id > $0 } ?? true }, of: lost, isFirst: shown == nil)
        return true
    }

    private func write(_ record: RunRecord, of lost: LostRun, after earlier: [RunLogEntry], begunAt: Date?) async throws -> Bool {
        let request = try await store.request(of: lost)
        let asked = lost.asked ?? first(of: request)
        let agent = lost.asked == nil ? await agent(of: request, workspace: lost.identity.workspace) : nil
        var calls = LostCalls(
            shown: record.transcript, isSilent: earlier.isEmpty,
            silentAttempts: LostCalls.silentAttempts(among: lost.unsettled, before: earlier), size: 0)
        if calls.step != nil, let request { calls.size = try await size(of: request, lost, model: asked.model) }
        var transcript = record.transcript
        let repeatedCalls = calls.repeated
        for estimate in calls.estimates { transcript.add(.usage(estimate)) }
        let (usage, estimated) = (transcript.usage, transcript.estimated)
        let cost = (setup?.budgets.prices ?? PriceTable.none).cost(
            of: usage, estimated: estimated, provider: asked.provider, model: asked.model, reported: usage.cost)
        let outcome = RunOutcome(
            state: .failed, transcript: transcript, incompleteReason: nil, error: .givenUp(after: lost.attempts), archive: record.archive,
            firstOutput: nil, step: nil, cost: cost.isWhole ? cost.known : nil, costSource: cost.isWhole ? cost.source : nil,
            repeatedCalls: repeatedCalls, begunAt: begunAt)
        let beginning = RunStore.Beginning(
            identity: lost.identity, provider: asked.provider, model: asked.model, agentID: agent?.id, agent: agent?.label,
            metadata: request?.metadata ?? [:], trace: lost.trace)
        return try await store.bury(lost, as: beginning, asking: request, outcome: outcome) { transaction in
            setup?.budgets.record(
                workspace: lost.identity.workspace, token: request?.token, provider: asked.provider, model: asked.model, usage: usage,
                estimated: estimated, reportedCost: usage.cost, repeatedCalls: repeatedCalls, in: transaction)
        }
    }

    /// Whom a run would have asked first that no worker has claimed.
    private func first(of request: RunRequest?) -> RunPlan.Candidate {
        let models = request.map { [$0.model] + ($0.fallback ?? []).map(Optional.some) } ?? []
        let choice = models.lazy.compactMap { planner.directory.choose(model: $0) }.first
        return RunPlan.Candidate(provider: choice?.provider ?? "none", model: choice?.model ?? request?.model ?? "none")
    }

    /// Who was to speak in such a run; nil where that cannot be told now.
    private func agent(of request: RunRequest?, workspace: UUID) async -> AgentCharacter? {
        guard let reference = request?.agent else { return nil }
        return try? await planner.agents.agent(reference, workspace: workspace)
    }

    /// For so long a plan that cannot be made now is waited for.
    private static let patience = 120.0

    /// Bytes of what its models were sent first.
    ///
    /// A request that cannot be planned any more, which may be what its job died of, is taken for what it says itself: that is the least, and the
    /// run has its end.
    private func size(of request: RunRequest, _ lost: LostRun, model: String) async throws -> Int {
        let identity = lost.identity
        let job = Job(
            id: identity.run, workspace: identity.workspace, attempt: lost.attempts, acceptedAt: identity.acceptedDate, payload: request)
        do {
            return try await planner.plan(job).request.size
        } catch let error as CancellationError {
            throw error
        } catch let error as PostgresError
            where error.code == .cancelled || error.isRetryable && -lost.diedAt.timeIntervalSinceNow < Self.patience
        {
            // Whoever asks next finds it.
            throw error
        } catch {
            logger.warning("a lost run cannot be planned", metadata: ["run": "\(identity.run.lowercased)", "error": "\(error)"])
            return ProviderRequest(run: identity.run.lowercased, model: model, messages: request.messages, tools: request.tools ?? []).size
        }
    }

    /// The run is ended whatever happens here: who follows it finds the end in PostgreSQL after a silence.
    private func announce(_ rest: [RunLogEntry], of lost: LostRun, isFirst: Bool) async {
        guard let end = rest.last?.id else { return }
        do {
            let answer = try await log.append(
                rest, to: lost.identity, epoch: lost.epoch + 1, at: isFirst ? .begin : .continue, renewsLifetime: true, terminal: end)
            guard answer == .missing else { return }
            // A log that was lost meanwhile, or that the run was never announced to.
            _ = try await log.claim(lost.identity, epoch: lost.epoch + 1)
            try await log.note(end: end, of: lost.identity.run)
        } catch {
            logger.warning(
                "the end of a dead run is not in its log", metadata: ["run": "\(lost.identity.run.lowercased)", "error": "\(error)"])
        }
    }
}
