import Foundation

/// Work that need not be done twice: of the jobs of one kind and workspace with one key, one is accepted in a period, and whoever
/// asks for another is answered with that one.
///
/// Periods are counted from 1970 and do not slide: with an hour, one job is accepted from 9:00 to 9:59, and one from 10:00 on.
public struct Uniqueness: Sendable, Hashable {
    public let key: String
    public let period: Duration

    public init(_ key: String, per period: Duration) {
        self.key = key
        self.period = period
    }

    /// Kept as an idempotency key is, under a name that no request can send.
    /// - Throws: `JobError(.refused)` for a period that is none or longer than keys are remembered, and beside an Idempotency-Key.
    func idempotency(of kind: JobKind, besides other: Idempotency?, window: Duration, now: Date) throws -> Idempotency {
        guard other == nil else {
            throw JobError(.refused, subject: kind.name, message: "a unique job takes no Idempotency-Key: its own key is one")
        }
        guard period >= .seconds(1), period <= window else {
            throw JobError(.refused, subject: kind.name, message: "a unique job's period is between 1 s and \(window), not \(period)")
        }
        let turn = Int(now.timeIntervalSince1970 / period.inSeconds)
        return Idempotency(key: "\u{1}\(kind.name) \(turn) \(period.milliseconds) \(key.keyDigest)", digest: Array(key.keyDigest.utf8))
    }
}
