import Foundation
import Redis

/// An entry of a lane in a worker's hands: what it says, and the key by which it is acknowledged.
struct Entry: Sendable {
    let key: EntryKey
    var envelope: Envelope

    /// An entry that is not a job: kept as it is for the dead letters.
    struct Unreadable: Sendable {
        let key: EntryKey
        let fault: String
        let header: [UInt8]
        let body: [UInt8]

        /// Whose it is nobody can tell.
        var finished: Queue.Finished { Queue.Finished(key: key, workspace: UUID(high: 0, low: 0), route: .usual) }
    }

    var finished: Queue.Finished { Queue.Finished(key: key, workspace: envelope.workspace, route: envelope.route) }
}

/// What a read gave, lane by lane.
struct ReadEntries: Sendable {
    private(set) var entries: [Entry] = []
    private(set) var unreadable: [Entry.Unreadable] = []
    /// Entries of each lane, readable or not; a lane without any is absent.
    private(set) var counts: [Lane: Int] = [:]

    var count: Int { entries.count + unreadable.count }
    var isEmpty: Bool { count == 0 }
    var keys: [EntryKey] { entries.map(\.key) + unreadable.map(\.key) }

    /// Reads `[[id, [field, value, …]], …]`.
    mutating func add(_ items: [RedisValue], from lane: Lane) {
        guard !items.isEmpty else { return }
        counts[lane, default: 0] += items.count
        entries.reserveCapacity(entries.count + items.count)
        for item in items {
            guard case .array(let pair) = item, pair.count == 2, let id = pair[0].string else { continue }
            let key = EntryKey(lane: lane, id: id)
            // A nil in place of the fields is an entry that was deleted while it was pending.
            guard case .array(let fields) = pair[1] else {
                unreadable.append(Entry.Unreadable(key: key, fault: "deleted", header: [], body: []))
                continue
            }
            var header: [UInt8] = []
            var body: [UInt8] = []
            var index = 0
            while index + 1 < fields.count {
                if case .bulk(let name) = fields[index], name.count == 1, case .bulk(let value) = fields[index + 1] {
                    if name[0] == UInt8(ascii: "h") { header = value } else if name[0] == UInt8(ascii: "b") { body = value }
                }
                index += 2
            }
            do {
                entries.append(Entry(key: key, envelope: try Envelope(header: header, body: body)))
            } catch {
                unreadable.append(Entry.Unreadable(key: key, fault: error.description, header: header, body: body))
            }
        }
    }

    /// What came from ready lanes, and what from bulk lanes.
    func parted() -> (ready: ReadEntries, bulk: ReadEntries) {
        let bulkLanes = counts.keys.count { $0.isBulk }
        // Of one sort mostly; taking it apart would copy every entry.
        guard bulkLanes > 0 else { return (self, ReadEntries()) }
        guard bulkLanes < counts.count else { return (ReadEntries(), self) }
        return (part { !$0.isBulk }, part { $0.isBulk })
    }

    private func part(_ isWanted: (Lane) -> Bool) -> ReadEntries {
        var part = ReadEntries()
        part.entries = entries.filter { isWanted($0.key.lane) }
        part.unreadable = unreadable.filter { isWanted($0.key.lane) }
        part.counts = counts.filter { isWanted($0.key) }
        return part
    }

    static func += (left: inout ReadEntries, right: ReadEntries) {
        // Mostly the first to come, which needs no copy.
        guard !left.counts.isEmpty else {
            left = right
            return
        }
        left.entries += right.entries
        left.unreadable += right.unreadable
        left.counts.merge(right.counts, uniquingKeysWith: +)
    }
}
