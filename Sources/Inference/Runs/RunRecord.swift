/// The log of one attempt as its worker keeps it: gives each event its id, and remembers all of them for the day when the log in
/// Redis is gone.
///
/// ``archive`` is what the run's row keeps: the very bytes that were appended, so that a replay from PostgreSQL equals the live
/// stream without a second encoder that would have to agree with the first for ever.
struct RunRecord: Sendable {
    /// Bytes of payload that are kept. An answer that is longer loses its oldest events from the archive (and a replay of it begins
    /// with a gap); its text is kept whole.
    static let archiveLimit = 16 << 20

    private var next: RunEventID
    private(set) var entries: ArraySlice<RunLogEntry>
    private var size: Int
    private(set) var transcript = RunTranscript()

    /// - Parameter earlier: What attempts before this one appended; their events stay the run's.
    init(epoch: UInt64, earlier: [RunLogEntry] = []) {
        next = RunEventID(epoch: epoch, number: 1)
        entries = earlier[...]
        size = earlier.reduce(0) { $0 + $1.payload.count }
        for entry in earlier {
            // An event of a later release that this one cannot read is kept, it only adds nothing to the transcript.
            if let event = (try? RunEvent(payload: entry.payload)) ?? nil { transcript.add(event) }
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Gives the event the next id of the attempt.
    mutating func add(_ event: RunEvent) -> RunLogEntry {
        let entry = RunLogEntry(id: next, payload: event.payload)
        next = next.next
        transcript.add(event)
        entries.append(entry)
        size += entry.payload.count
        while size > Self.archiveLimit, entries.count > 1 {
            size -= entries.removeFirst().payload.count
        }
        return entry
    }

    /// All entries as lines of `<id> <payload>`.
    var archive: [UInt8] { RunArchive.encode(entries) }
}

/// The kept form of a log: one line for each event, `<id> <payload>`. Payloads have no line breaks.
enum RunArchive {
    static func encode(_ entries: some Collection<RunLogEntry>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + $1.payload.count + 16 })
        for entry in entries {
            bytes.append(contentsOf: entry.id.description.utf8)
            bytes.append(UInt8(ascii: " "))
            bytes.append(contentsOf: entry.payload)
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    /// Nil when a line is not of this form: half a log is not shown as a whole one.
    static func decode(_ bytes: some Collection<UInt8>) -> [RunLogEntry]? {
        var entries: [RunLogEntry] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let space = line.firstIndex(of: UInt8(ascii: " ")),
                let id = RunEventID(String(decoding: line[..<space], as: UTF8.self))
            else { return nil }
            entries.append(RunLogEntry(id: id, payload: Array(line[line.index(after: space)...])))
        }
        return entries
    }
}
