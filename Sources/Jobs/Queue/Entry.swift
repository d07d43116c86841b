import Redis

/// An entry of a work stream in a worker's hands: what it says, and the id by which it is acknowledged.
struct Entry: Sendable {
    let id: String
    var envelope: Envelope

    /// An entry that is not a job: kept as it is for the dead letters.
    struct Unreadable: Sendable {
        let id: String
        let fault: String
        let header: [UInt8]
        let body: [UInt8]
    }

    /// Reads the reply of XREADGROUP over one stream.
    static func read(_ reply: RedisValue) -> (entries: [Entry], unreadable: [Unreadable]) {
        guard let stream = reply.array?.first?.array, stream.count == 2, let items = stream[1].array else { return ([], []) }
        return read(items: items)
    }

    /// Reads `[[id, [field, value, …]], …]`.
    static func read(items: [RedisValue]) -> (entries: [Entry], unreadable: [Unreadable]) {
        var entries: [Entry] = []
        var unreadable: [Unreadable] = []
        entries.reserveCapacity(items.count)
        for item in items {
            guard case .array(let pair) = item, pair.count == 2, let id = pair[0].string else { continue }
            // A nil in place of the fields is an entry that was deleted while it was pending.
            guard case .array(let fields) = pair[1] else {
                unreadable.append(Unreadable(id: id, fault: "deleted", header: [], body: []))
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
                entries.append(Entry(id: id, envelope: try Envelope(header: header, body: body)))
            } catch {
                unreadable.append(Unreadable(id: id, fault: error.description, header: header, body: body))
            }
        }
        return (entries, unreadable)
    }
}
