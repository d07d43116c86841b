import Foundation
import Jobs

/// What an attempt does about those before it.
extension RunExecution {
    /// Fences the attempts before this one and returns what they wrote.
    private func takeOver(_ identity: RunIdentity, _ claim: RunClaim) async throws -> [RunLogEntry] {
        switch try await log.claim(identity, epoch: claim.epoch) {
        case .stale: throw RunStore.Superseded(run: identity.run, epoch: claim.epoch)
        case .claimed(nil): return []
        case .claimed: return try await log.readAll(identity.run)
        }
    }

    /// What was shown of the run, and where it is gone on with behind that. An attempt that fails here has asked no model.
    func before(
        _ plan: RunPlan, _ identity: RunIdentity, _ claim: RunClaim, _ context: RunContext
    ) async throws -> (earlier: [RunLogEntry], continuation: RunContinuation?) {
        do {
            let earlier = claim.epoch == 1 ? [] : try await takeOver(identity, claim)
            guard claim.hadOutput || !earlier.isEmpty else { return (earlier, nil) }
            return (earlier, try await continuation(earlier, plan, identity, claim))
        } catch {
            await settle(identity, claim, context)
            throw error
        }
    }

    /// Notes in the row that this attempt, which gives the run back, leaves no call behind that nobody has heard of. A row that cannot be written
    /// is not waited for: then a call is estimated that was none.
    func settle(_ identity: RunIdentity, _ claim: RunClaim, _ context: RunContext) async {
        try? await context.transaction { store.submitSettlement(of: identity, epoch: claim.epoch, in: $0) }
    }

    /// Where the run is gone on with behind what was shown of it; nil where it is not: nobody asked for that, or it would not be exact.
    private func continuation(
        _ earlier: [RunLogEntry], _ plan: RunPlan, _ identity: RunIdentity, _ claim: RunClaim
    ) async throws -> RunContinuation? {
        guard plan.isContinued, plan.fault == nil else { return nil }
        let standing = try await log.standing(identity.run)
        guard var continuation = RunContinuation(earlier, anchor: standing.anchor), plan.candidates.contains(continuation.candidate) else {
            return nil
        }
        if let reach = standing.reach, let last = earlier.last?.id, last < reach { return nil }
        let kept = try await Persistence.persisting(on: clock) { try await store.kept(of: identity) }
        // A log that lost its end may have shown more than it tells.
        guard kept.steps <= continuation.finishedSteps, claim.shownStep <= continuation.shownSteps else { return nil }
        continuation.kept = kept.results
        return continuation
    }
}

extension RunClaim {
    /// Attempts before this one that may have asked a model, were lost, and have shown nothing.
    func silentAttempts(before earlier: [RunLogEntry]) -> Int { LostCalls.silentAttempts(among: unsettled, before: earlier) }
}
