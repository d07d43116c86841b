import NIOCore

/// The pauses between looks at a cluster that is between two states: 5 ms, doubled up to 100 ms. Short at first, for most changes are
/// over when they are noticed; and a failover's election takes a second or more.
struct ClusterPause {
    private(set) var next = Duration.milliseconds(5)

    /// What a round to a node needs at least: a command that is sent with less left ends as "no reply", which says less than the
    /// refusal that is known.
    private static let round = TimeAmount.milliseconds(25)

    /// Whether there is time for the next pause before the deadline, and for a round behind it.
    func fits(_ limit: TimeLimit) -> Bool {
        NIODeadline.now() + TimeAmount(next) + Self.round < limit.deadline
    }

    /// Rests for the next pause. Throws `.cancelled`.
    mutating func rest(command: String) async throws(RedisError) {
        let pause = next
        next = min(next * 2, .milliseconds(100))
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw RedisError(.cancelled, "the calling task was cancelled", command: command)
        }
    }
}
