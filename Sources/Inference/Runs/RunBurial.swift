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
///    replayed later finds the run ended and does not begin it again. So does a worker that had not even claimed the run.
/// 4. It is appended to the log, for those who follow the run.
///
/// Several may do so at once: one commit counts, and the others find it. Where the log is away nothing is told, for it may still have
/// the events.
///
/// What is taken for lost calls is in the run's row and in what its workspace used, and in none of its events.
struct RunBurial: Sendable {
    let store: RunStore
    var log: RunLog
    let planner: RunPlanner
    /// Whose budgets count them; nil where there are none.
    let setup: InferenceSetup?
    let logger: Logger

    /// Ends a run if its job is dead and it has no end.
    ///
    /// - Returns: whether the run has got an end, be it by this call or by another at the same time.
    func end(_ run: UUID, workspace: UUID) async throws -> Bool {
        guard let lost = try await store.lost(run, workspace: workspace) else { return false }
        return try await end(lost)
    }

    /// - Returns: false where the run goes on: its dead letter was replayed, or another attempt owns it.
    func end(_ lost: LostRun) async throws -> Bool {
        let identity = lost.identity
        guard case .claimed(let finding) = try await log.claim(identity, epoch: lost.epoch + 1) else {
            logger.warning("the log of a dead run is a later attempt's", metadata: ["run": "\(identity.run.lowercased)"])
            return false
        }
        let earlier = try await log.readAll(identity.run)
        let writes = try await MemoryStore(pool: store.pool).writes(of: identity.run, workspace: identity.workspace)
        let events = LostRun.events(earlier, epoch: lost.epoch, attempts: lost.attempts, writes: writes)
        guard try await write(events, of: lost, after: earlier, begunAt: earlier.isEmpty ? nil : finding.shownAt) else {
            return try await store.archive(of: identity.run, workspace: identity.workspace) != nil
        }
        log.metrics.runs.lost()
        logger.notice("a run whose job is dead was ended", metadata: ["run": "\(identity.run.lowercased)"])
        let shown = earlier.last?.id
        await announce(events.filter { entry in shown.map { entry.id > $0 } ?? true }, of: lost, isFirst: shown == nil)
        return true
    }

    private func write(_ events: [RunLogEntry], of lost: LostRun, after earlier: [RunLogEntry], begunAt: Date?) async throws -> Bool {
        let record = RunRecord(epoch: lost.epoch, earlier: events)
        let request = try await store.request(of: lost)
        let plan = try await plan(lost, request)
        let asked = lost.asked ?? plan.first
        let calls = LostCalls(
            shown: record.transcript, isSilent: earlier.isEmpty,
            silentAttempts: LostCalls.silentAttempts(among: lost.unsettled, before: earlier), size: request == nil ? 0 : plan.request.size)
        var transcript = record.transcript
        for estimate in calls.estimates { transcript.add(.usage(estimate)) }
        let (usage, estimated) = (transcript.usage, transcript.estimated)
        let cost = (setup?.budgets.prices ?? PriceTable.none).cost(
            of: usage, estimated: estimated, provider: asked.provider, model: asked.model, reported: usage.cost)
        let outcome = RunOutcome(
            state: .failed, transcript: transcript, incompleteReason: nil, error: .givenUp(after: lost.attempts), archive: record.archive,
            firstOutput: nil, step: nil, cost: cost.isWhole ? cost.known : nil, costSource: cost.isWhole ? cost.source : nil,
            repeatedCalls: calls.repeated, begunAt: begunAt)
        let beginning = RunStore.Beginning(
            identity: lost.identity, provider: asked.provider, model: asked.model, agentID: plan.agent?.id, agent: plan.agent?.label,
            metadata: request?.metadata ?? [:], trace: lost.trace)
        return try await store.bury(lost, as: beginning, asking: request, outcome: outcome) { transaction in
            setup?.budgets.record(
                workspace: lost.identity.workspace, token: request?.token, provider: asked.provider, model: asked.model, usage: usage,
                estimated: estimated, reportedCost: usage.cost, repeatedCalls: calls.repeated, in: transaction)
        }
    }

    /// What its models were sent first, or would have been.
    ///
    /// A request that cannot be planned any more, which may be what its job died of, is taken for what it says itself, and one that cannot be
    /// read for nothing: that is the least, and the run has its end.
    private func plan(_ lost: LostRun, _ request: RunRequest?) async throws -> RunPlan {
        let identity = lost.identity
        let messages = request?.messages ?? []
        var plan = RunPlan(
            request: ProviderRequest(
                run: identity.run.lowercased, model: lost.asked?.model ?? "none", messages: messages, tools: request?.tools ?? []),
            stepLimit: 1, clientTools: [], usesMemory: false)
        guard let request else { return plan }
        let acceptedAt = Date(timeIntervalSince1970: Double(identity.acceptedAt) / 1_000)
        let job = Job(id: identity.run, workspace: identity.workspace, attempt: lost.attempts, acceptedAt: acceptedAt, payload: request)
        do {
            plan = try await planner.plan(job)
        } catch let error as CancellationError {
            throw error
        } catch let error as PostgresError where error.isRetryable {
            // The next one asks again.
            throw error
        } catch {
            logger.warning("a lost run cannot be planned", metadata: ["run": "\(identity.run.lowercased)", "error": "\(error)"])
        }
        return plan
    }

    /// The run is ended whatever happens here: who follows it finds the end in PostgreSQL after a silence.
    private func announce(_ rest: [RunLogEntry], of lost: LostRun, isFirst: Bool) async {
        guard let end = rest.last?.id else { return }
        do {
            let answer = try await log.append(
                rest, to: lost.identity, epoch: lost.epoch + 1, at: isFirst ? .begin : .continue, renewsLifetime: true, terminal: end)
            // A log that is lost, or that the run was never announced to.
            if answer == .missing { try await log.note(end: end, of: lost.identity.run) }
        } catch {
            logger.warning(
                "the end of a dead run is not in its log", metadata: ["run": "\(lost.identity.run.lowercased)", "error": "\(error)"])
        }
    }
}
