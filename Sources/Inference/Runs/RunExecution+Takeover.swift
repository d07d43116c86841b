import Foundation
import Jobs

/// What an attempt does about those before it.
extension RunExecution {
    /// What the attempts before this one have left.
    struct Before {
        /// What they wrote.
        var events: [RunLogEntry] = []
        /// Clients have seen something of the run, or may have: nobody knows.
        var hasShown = false
        /// Where the run is gone on with behind that.
        var continuation: RunContinuation?
    }

    /// Fences the attempts before this one and returns what they wrote, or may have written.
    ///
    /// A log without events proves that none was shown only where it is still the one that the last of them owned: it did so before its
    /// first event. A log that was lost since is not. (An attempt that gave the run back had shown nothing: its epoch is settled.)
    private func takeOver(_ identity: RunIdentity, _ claim: RunClaim) async throws -> Before {
        switch try await log.claim(identity, epoch: claim.epoch) {
        case .stale: throw RunStore.Superseded(run: identity.run, epoch: claim.epoch)
        case .claimed(nil, let owner): return Before(hasShown: claim.hadOutput || claim.unsettled.contains { $0 > owner ?? 0 })
        case .claimed: return Before(events: try await log.readAll(identity.run), hasShown: true)
        }
    }

    /// What was shown of the run. An attempt that fails here has asked no model.
    func before(_ plan: RunPlan, _ identity: RunIdentity, _ claim: RunClaim, _ context: RunContext) async throws -> Before {
        guard claim.epoch > 1 else { return Before() }
        do {
            var before = try await takeOver(identity, claim)
            if before.hasShown { before.continuation = try await continuation(before.events, plan, identity, claim) }
            return before
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
