import Foundation

/// Jobs that only a worker of another release knows.
extension Executor {
    /// How long workers have refused a job in a row because they do not know it. Zero for the first time, and for a note that was lost:
    /// its patience begins anew.
    ///
    /// Counted from the first refusal and not from the acceptance: a job that was accepted for next week, that waited in a paused
    /// queue, or that was replayed may be old when it meets a rollout, and still waits for its worker.
    func refused(_ entry: Entry, in queue: Queue) async -> Duration {
        guard let since = await failureNote(of: entry, in: queue)?.refusedSince else { return .zero }
        return .milliseconds(max(0, Int64(Date().timeIntervalSince1970 * 1000) - since))
    }

    /// What a dead letter says: for a job that nobody knew also how long it has waited.
    static func death(of failure: Failure, _ error: any Error) -> any Error {
        guard case .ofOtherRelease = failure, let error = error as? JobError else { return error }
        return JobError(
            error.code, subject: error.subject,
            message: "\(error.message); no worker of a release that knows it came for \(OtherRelease.patience)", cause: error.cause)
    }
}

extension StatusNotes.Note {
    /// The note after a further failure.
    ///
    /// Of refusals by workers of another release only the first in a row is kept: it says since when the job waits, and a day of
    /// them would push out everything else.
    init(after earlier: StatusNotes.Note?, _ failure: Failure, attempts: Int) {
        var history = earlier?.history ?? []
        if OtherRelease(rawValue: failure.code) == nil || earlier?.refusedSince == nil { history = history.suffix(9) + [failure] }
        self.init(attempts: attempts, error: failure.error, code: failure.code, history: history)
    }
}
