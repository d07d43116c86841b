import Crypto
import Foundation

/// Bytes that say where each field ends: its length in 4 bytes, the most significant first, then the field; an absent field is the
/// length -1 and nothing. So no two lists of fields have the same bytes.
struct FramedBytes: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ field: some Collection<UInt8>) {
        count(Int32(truncatingIfNeeded: field.count))
        bytes.append(contentsOf: field)
    }

    mutating func append(_ text: String) { append(text.utf8) }

    /// 8 bytes, the most significant first.
    mutating func append(_ number: Int64) {
        withUnsafeBytes(of: number.bigEndian) { append($0) }
    }

    mutating func append(_ id: UUID?) {
        guard let id else { return count(-1) }
        withUnsafeBytes(of: id.uuid) { append($0) }
    }

    /// A bare number of 4 bytes.
    mutating func count(_ number: Int32) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}

/// The bytes of an entry that its hash is made of, written here a second time and from the same description as in the migration
/// of the log: whoever verifies does not ask the database what is right.
///
/// Each field is a frame (``FramedBytes``). Numbers are 8 bytes, texts UTF-8.
///
/// | | field | |
/// |---|---|---|
/// | 1 | form | the text `mainstay access log 1` |
/// | 2 | sequence | a number |
/// | 3 | at | a number: microseconds since 1970-01-01T00:00:00Z |
/// | 4 | workspace | the 16 bytes of the UUID, or absent |
/// | 5 | actor's kind | a text |
/// | 6 | actor | a text |
/// | 7 | action | a text |
/// | 8 | subject | a text |
/// | 9 | details | the number of members in 4 bytes, then for each, in the order of their names' bytes: name and value, two frames |
/// | 10 | previous hash | the 32 bytes of the entry before; 32 zeros in entry 1 |
enum AccessLogForm {
    /// What entry 1 follows.
    static let origin = [UInt8](repeating: 0, count: 32)

    /// Nil for details that nothing of ours writes: then no hash is right.
    /// - Parameter sequence: the entry's own, unless somebody asks whether it stood elsewhere once.
    static func bytes(of entry: AccessLogEntry, at sequence: Int) -> [UInt8]? {
        guard let details = entry.details else { return nil }
        var form = FramedBytes()
        form.append("mainstay access log 1")
        form.append(Int64(sequence))
        form.append(entry.microseconds)
        form.append(entry.workspace)
        form.append(entry.actorKind)
        form.append(entry.actor)
        form.append(entry.action)
        form.append(entry.subject)
        form.append(Self.bytes(of: details))
        form.append(entry.previousHash)
        return form.bytes
    }

    static func hash(of entry: AccessLogEntry, at sequence: Int) -> [UInt8]? {
        bytes(of: entry, at: sequence).map { Array(SHA256.hash(data: $0)) }
    }

    private static func bytes(of details: [String: String]) -> [UInt8] {
        var form = FramedBytes()
        form.count(Int32(truncatingIfNeeded: details.count))
        // By bytes, as the database's collation "C": Swift compares strings by another order.
        for (name, value) in details.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            form.append(name)
            form.append(value)
        }
        return form.bytes
    }
}
