import Foundation
import Jobs

/// What an attempt does about those before it.
extension RunExecution {
    /// Fences the attempts before this one and returns what they wrote.
    func takeOver(_ identity: RunIdentity, _ claim: RunClaim) async throws -> [RunLogEntry] {
        switch try await log.claim(identity, epoch: claim.epoch) {
        case .stale: throw RunStore.Superseded(run: identity.run, epoch: claim.epoch)
        case .claimed(nil): return []
        case .claimed: return try await log.readAll(identity.run)
        }
    }

    /// Where the run is gone on with behind what was shown of it; nil where it is not: nobody asked for that, or it would not be exact.
    func continuation(_ earlier: [RunLogEntry], _ plan: RunPlan, _ identity: RunIdentity, _ claim: RunClaim) async throws -> RunContinuation? {
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
