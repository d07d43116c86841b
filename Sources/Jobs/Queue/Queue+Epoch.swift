import Foundation
import Redis

extension Queue {
    /// The identity that the relay gave this partition's data; nil when Redis holds none, as after a flush.
    func epoch() async throws -> String? {
        try await client.send(RedisCommand("GET", .string(keys.epoch))).string
    }

    /// Sets the epoch only where it still is `seen`.
    func setEpoch(_ new: String, seen: String?) async throws -> Bool {
        try await client.evaluate(QueueScripts.epoch, keys: [keys.epoch], arguments: [.string(seen ?? ""), .string(new)]).integer == 1
    }

    /// The ids of all jobs that Redis holds in this partition: ready (running included), parked and later. Linear in
    /// the backlog: for the relay after a loss, and for the audit.
    func heldJobs() async throws -> Set<UUID> {
        var held: Set<UUID> = []
        var from = "-"
        while true {
            let page = try await client.send(RedisCommand("XRANGE", .string(keys.ready), .string(from), "+", "COUNT", 1000))
            guard let items = page.array, !items.isEmpty else { break }
            for entry in Entry.read(items: items).entries { held.insert(entry.envelope.id) }
            guard let last = items.last?.array?.first?.string else { break }
            from = "(" + last
        }
        var cursor = "0"
        repeat {
            let page = try await client.send(RedisCommand("HSCAN", .string(keys.laterJobs), .string(cursor), "COUNT", 500)).array ?? []
            cursor = page.first?.string ?? "0"
            let pairs = page.count > 1 ? page[1].array ?? [] : []
            for index in stride(from: 0, to: pairs.count, by: 2) {
                if let id = pairs[index].string.flatMap(UUID.init(uuidString:)) { held.insert(id) }
            }
        } while cursor != "0"
        for workspace in try await client.send(RedisCommand("LRANGE", .string(keys.parked), 0, -1)).array ?? [] {
            guard let workspace = workspace.string else { continue }
            var start = 0
            while true {
                let key = keys.parked + ":" + workspace
                let page = try await client.send(RedisCommand("LRANGE", .string(key), .integer(start), .integer(start + 499))).array ?? []
                for packed in page {
                    // The header is the first string of the pack: after its length byte or bytes come "1 " and the id.
                    if let bytes = packed.bytes, let id = Self.packedJob(bytes) { held.insert(id) }
                }
                if page.count < 500 { break }
                start += 500
            }
        }
        return held
    }

    /// Finds the id in `cmsgpack.pack(header, body)` without unpacking it.
    static func packedJob(_ bytes: [UInt8]) -> UUID? {
        let lengthBytes: Int
        switch bytes.first {
        case .some(0xa0...0xbf): lengthBytes = 1
        case .some(0xd9): lengthBytes = 2
        case .some(0xda): lengthBytes = 3
        default: return nil
        }
        guard bytes.count >= lengthBytes + 38, bytes[lengthBytes] == 0x31, bytes[lengthBytes + 1] == 0x20 else { return nil }
        return UUIDText.parse(bytes[(lengthBytes + 2)..<(lengthBytes + 38)])
    }
}
