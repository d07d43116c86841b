/// How the next read of a partition, or of some of its lanes, is shared among them. A value; `Queue` performs it.
///
/// While one lane or none holds something, one blocking read over all of them is the cheapest and wakes at once. As soon as two do,
/// the room is shared by weight, in reads of their own: in one read a count holds for every stream alike.
struct ReadPlan: Sendable, Equatable {
    enum Read: Sendable, Equatable {
        /// One read over all lanes of the plan, blocking.
        case together(count: Int)
        /// A read for each of these lanes, at once, not blocking.
        case shared([Share])
    }

    struct Share: Sendable, Equatable {
        let lane: Lane
        let count: Int
    }

    let lanes: [Lane]
    /// What each lane may give while nothing is known of them: more than its part where a few too many do no harm.
    let least: Int
    /// Lanes that held something at the last read.
    private var loaded: Set<Lane> = []
    /// What each lane was owed and did not get, in parts of an entry: with room for one entry at a time the low class has its turn too.
    private var credit: [Lane: Double] = [:]
    private var sharedInARow = 0

    init(over lanes: [Lane] = Lane.all, least: Int = 1) {
        self.lanes = lanes
        self.least = least
    }

    /// Bulk lanes held something at the last read.
    var isFlooded: Bool { loaded.contains { $0.isBulk } }

    mutating func next(room: Int) -> Read {
        // A count holds for every stream alike: of lanes of which nothing is known each gives a part.
        guard loaded.count > 1 else { return .together(count: loaded.isEmpty ? min(room, max(least, room / lanes.count)) : room) }
        // With little room only the loaded lanes are asked; now and then all are, for one entry each.
        guard room > 8 || sharedInARow < 4 else { return .together(count: 1) }
        let sum = Double(loaded.reduce(0) { $0 + $1.weight })
        for lane in loaded { credit[lane, default: 0] += Double(room * lane.weight) / sum }
        var counts = [Lane: Int]()
        for lane in loaded { counts[lane] = max(0, Int((credit[lane] ?? 0).rounded(.down))) }
        // What rounding left goes to whom most is owed.
        var left = room - counts.values.reduce(0, +)
        while left > 0 {
            let owed = loaded.max { owes($0, counts) < owes($1, counts) }
            guard let owed else { break }
            counts[owed, default: 0] += 1
            left -= 1
        }
        for (lane, count) in counts { credit[lane, default: 0] -= Double(count) }
        // Lanes that were empty are looked at as well, for little.
        let others = lanes.filter { !loaded.contains($0) }.map { Share(lane: $0, count: max(1, room * $0.weight / 100)) }
        let shares = lanes.filter { counts[$0, default: 0] > 0 }.map { Share(lane: $0, count: counts[$0, default: 0]) }
        return .shared(shares + (room > 8 ? others : []))
    }

    /// - Parameter found: entries that each lane gave; a lane without any is absent.
    mutating func returned(_ found: [Lane: Int], of read: Read) {
        switch read {
        case .together:
            sharedInARow = 0
            loaded = Set(found.keys)
        case .shared(let shares):
            sharedInARow += 1
            // A lane that was not looked at stays what it was.
            let asked = Set(shares.map(\.lane))
            loaded = loaded.filter { !asked.contains($0) }.union(found.keys)
            // All were empty: next time one read that blocks.
            if found.isEmpty { loaded = [] }
        }
        credit = credit.filter { loaded.contains($0.key) }
    }

    private func owes(_ lane: Lane, _ counts: [Lane: Int]) -> Double {
        (credit[lane] ?? 0) - Double(counts[lane] ?? 0) + Double(lane.weight) * 1e-6
    }
}
