/// How many jobs a batch should have, by how long they take. A value.
///
/// Fast jobs are taken by the hundred, for a commit costs the same for one row and for many. Slow ones are not: a batch is one
/// transaction, and whoever waits behind it waits for the whole.
struct Pace: Sendable, Equatable {
    /// What a batch should take at the most: with several under way on few cores even fast jobs come near a tenth of a second.
    static let target = Duration.milliseconds(250)

    private var secondsPerJob: Double?

    /// A batch of `count` jobs took `elapsed`, its waiting for a store included: what shrank the batches for that reason grows
    /// back within a few of them.
    mutating func ended(count: Int, elapsed: Duration) {
        guard count > 0 else { return }
        let seconds = elapsed.inSeconds / Double(count)
        secondsPerJob = secondsPerJob.map { $0 * 0.5 + seconds * 0.5 } ?? seconds
    }

    /// Nil until something is known.
    var most: Int? {
        guard let secondsPerJob else { return nil }
        return Int(min(1_000_000, Self.target.inSeconds / max(secondsPerJob, 1e-9)))
    }
}
