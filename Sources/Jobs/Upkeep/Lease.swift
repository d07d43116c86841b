import Foundation

/// Who is dead, decided from heartbeats alone. A value: no clock, no I/O.
///
/// **Protocol.** Every worker beats in every partition that it serves, several times within a lease; a beat is the
/// time of the *server*, written by the script that also answers with everybody's beats, so no worker's clock
/// matters. A worker whose last beat is older than one lease is dead: never because a job of it is slow.
///
/// **An outage is not a death.** While Redis is away nobody can beat, and right after it every beat is old. So an
/// observer trusts what it sees only when it has itself seen the server up, without a gap, for one full lease:
///
///     trusted(now) = every two neighbouring observations since `seenSince` lie at most lease/2 apart
///                    and now − seenSince ≥ lease
///
/// In that time every living worker has beaten again. A stopped observer (SIGSTOP, a sleeping laptop) sees a gap of
/// its own and starts over, so a machine that wakes up declares nobody dead.
///
/// **A wrong verdict is harmless.** Before anything is taken over, the dead worker's row in PostgreSQL is marked,
/// and every commit of that worker asks for that row: at most one of them writes.
///
/// | lease 10 s, observed every 2.5 s | verdict |
/// |---|---|
/// | beats 3 s old, seen up 60 s | alive |
/// | beats 11 s old, seen up 60 s | dead |
/// | beats 11 s old, seen up 4 s | alive: wait |
/// | beats 40 s old, the last observation 30 s ago | alive: start over |
struct Lease: Sendable, Equatable {
    /// In milliseconds, as all times here.
    let length: Int
    private var seenSince: Int?
    private var lastSeen: Int?

    init(length: Duration) {
        self.length = length.milliseconds
    }

    /// One observation: the server's time, and the last beats of all workers by that clock.
    /// - Returns: those that are dead, in a stable order.
    mutating func observed(now: Int, beats: [UUID: Int]) -> [UUID] {
        if let last = lastSeen, let since = seenSince, now >= last, now - last <= length / 2 {
            lastSeen = now
            guard now - since >= length else { return [] }
            return beats.filter { now - $0.value > length }.keys.sorted { $0.words < $1.words }
        }
        seenSince = now
        lastSeen = now
        return []
    }

    /// When to look again, in milliseconds from `now`: after a quarter of the lease, and right when a worker is over its lease that has
    /// missed its beats. So a death is found when the lease is over, and not up to a quarter of it later.
    ///
    /// | lease 10 s, last beats | look again after |
    /// |---|---|
    /// | 0 s, 2.4 s ago | 2.5 s |
    /// | 0 s, 8 s ago | 2.001 s |
    /// | 0 s, 11 s ago | 2.5 s |
    func pause(now: Int, beats: [UUID: Int]) -> Int {
        beats.values.map { $0 + length + 1 - now }.filter { $0 > 0 }.reduce(length / 4, min)
    }

    /// The server did not answer: whatever is seen next is seen for the first time.
    mutating func lostSight() {
        seenSince = nil
        lastSeen = nil
    }
}
