import Foundation
import Jobs
import Logging

/// What is known of the attempts before one.
struct EarlierAttempts: Sendable {
    var events: [RunLogEntry] = []
    /// They have shown something, or nobody can say that they have not.
    var mayHaveShown = false
    /// When they showed the first of it, as far as row or log tell.
    var begunAt: Date?
    /// Where the run is gone on with behind it.
    var continuation: RunContinuation?
}

/// What an attempt does about those before it.
extension RunExecution {
    /// Fences the attempts before this one and returns what they wrote.
    ///
    /// Where the log knows nothing, the row may: attempts that all gave the run back (``settle(_:_:_:)``) have shown nothing.
    private func takeOver(_ identity: RunIdentity, _ claim: RunClaim) async throws -> EarlierAttempts {
        let finding: RunLogFinding
        switch try await log.claim(identity, epoch: claim.epoch) {
        case .stale: throw RunStore.Superseded(run: identity.run, epoch: claim.epoch)
        case .claimed(let found): finding = found
        }
        var earlier = EarlierAttempts(mayHaveShown: claim.hadOutput, begunAt: claim.firstEventAt)
        switch finding {
        case .nothing: break
        case .shown(let last, let time):
            earlier.mayHaveShown = true
            earlier.begunAt = claim.firstEventAt ?? time
            if last != nil { earlier.events = try await log.readAll(identity.run) }
        case .unknown where claim.unsettled.isEmpty || claim.hadOutput: break
        case .unknown:
            earlier.mayHaveShown = true
            logger.notice(
                "a run is not begun again: its log cannot say whether a lost worker has shown something",
                metadata: ["run": "\(identity.run.lowercased)"])
        }
        return earlier
    }

    /// What was shown of the run, and where it is gone on with behind that. An attempt that fails here has asked no model.
    func before(_ plan: RunPlan, _ identity: RunIdentity, _ claim: RunClaim, _ context: RunContext) async throws -> EarlierAttempts {
        // There is none before the first, so the log need not be asked.
        guard claim.epoch > 1 else { return EarlierAttempts() }
        do {
            var earlier = try await takeOver(identity, claim)
            if earlier.mayHaveShown { earlier.continuation = try await continuation(earlier.events, plan, identity, claim) }
            return earlier
        } catch {
            await settle(identity, claim, context)
            throw error
        }
    }

    /// Notes in the row that this attempt, which gives the run back, has shown nothing and leaves no call behind that nobody has heard of. A row
    /// that cannot be written is not waited for: then a call is estimated that was none, and the log is asked what was shown.
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
