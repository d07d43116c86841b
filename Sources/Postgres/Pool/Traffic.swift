import Synchronization

/// How often the connections of one pool talked to their server. An addition or two a trip, next to a system call: always on.
final class Traffic: Sendable {
    private let sent = Atomic(0)
    private let committed = Atomic(0)

    /// Trips, and those of them that carried COMMIT, since the pool was made.
    var counts: (trips: Int, commits: Int) {
        (sent.load(ordering: .relaxed), committed.load(ordering: .relaxed))
    }

    /// A trip goes out: counted before its answer comes, for it costs the network the same when it fails.
    func leaves(committing: Bool) {
        _ = sent.add(1, ordering: .relaxed)
        if committing { _ = committed.add(1, ordering: .relaxed) }
    }
}
