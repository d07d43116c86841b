import Foundation

/// A run that has no end and whose job is dead: its worker died of it, or could never write its end.
struct LostRun: Sendable {
    var identity: RunIdentity
    /// Of the last attempt that claimed it; 0 where none has.
    var epoch: UInt64
    /// Whom its row names; nil where it has none.
    var asked: RunPlan.Candidate?
    /// Attempts of its job.
    var attempts: Int
    /// When its job was given up.
    var diedAt = Date()
    /// Epochs of the attempts that may have asked a model and told nobody what became of the call.
    var unsettled: [UInt64] = []
    /// A `traceparent`.
    var trace: String?

    /// All events of such a run: what it had shown, what it had written and could not tell, and an end.
    static func record(_ earlier: [RunLogEntry], epoch: UInt64, attempts: Int, writes: [MemoryWriteEvent] = []) -> RunRecord {
        var record = RunRecord(epoch: epoch + 1, earlier: earlier)
        if earlier.last?.isTerminal ?? false { return record }
        let told = record.transcript.memoryWrites
        for write in writes where !told.contains(write.event) { _ = record.add(.memoryWritten(write)) }
        _ = record.add(.failed(.givenUp(after: attempts)))
        return record
    }
}
