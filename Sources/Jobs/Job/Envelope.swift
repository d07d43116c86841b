public import Foundation

/// A job as a stream carries it: everything the engine knows of it, and a body that only its handler understands.
///
/// On the wire an envelope is two fields of a stream entry. `h` is one line of ASCII, words separated by a space:
///
///     1 <id> <workspace> <kind> <payload version> <attempt> <accepted at, ms> <marks> <traceparent or ->
///
/// and `b` is the body. Two fields and not nine, because every field of an entry is one more string to parse for
/// every job; text and not binary, because operators read streams with redis-cli at night.
///
/// The workspace is always taken from here and never from the body.
public struct Envelope: Sendable, Equatable {
    /// What else is known of this copy of a job.
    public struct Marks: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// This copy may not be the first one that a worker sees: look for an outcome before running it.
        public static let seen = Marks(rawValue: 1)
        /// The body lies in PostgreSQL (`acceptances` for ledger kinds, `job_bodies` for stream kinds).
        public static let stored = Marks(rawValue: 2)
        /// Redis holds a note of its acceptance, which goes when the job is finished.
        public static let noted = Marks(rawValue: 4)
    }

    public let id: UUID
    public let workspace: UUID
    public let kind: String
    public let version: Int
    /// 1 for the first attempt.
    public var attempt: Int
    /// Milliseconds since 1970, by the ingress that accepted the job.
    public let acceptedAt: Int64
    public var marks: Marks
    public let trace: TraceParent?
    public var body: [UInt8]

    public init(
        id: UUID, workspace: UUID, kind: String, version: Int, attempt: Int = 1, acceptedAt: Int64, marks: Marks = [],
        trace: TraceParent? = nil, body: [UInt8]
    ) {
        self.id = id
        self.workspace = workspace
        self.kind = kind
        self.version = version
        self.attempt = attempt
        self.acceptedAt = acceptedAt
        self.marks = marks
        self.trace = trace
        self.body = body
    }

    /// Why bytes are not an envelope.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case fields(Int)
        case format(String)
        case word(String)

        public var description: String {
            switch self {
            case .fields(let count): "the header has \(count) words instead of 9"
            case .format(let found): "the header has format \(found); this version reads format 1"
            case .word(let name): "the header's \(name) cannot be read"
            }
        }
    }

    /// Reads a header line; `body` is taken as it is.
    public init(header: [UInt8], body: [UInt8]) throws(Fault) {
        let words = header.split(separator: 0x20, omittingEmptySubsequences: false)
        if let format = words.first, !format.elementsEqual([0x31]) { throw .format(String(decoding: format, as: UTF8.self)) }
        guard words.count == 9 else { throw .fields(words.count) }
        guard let id = UUIDText.parse(words[1]) else { throw .word("id") }
        guard let workspace = UUIDText.parse(words[2]) else { throw .word("workspace") }
        guard !words[3].isEmpty else { throw .word("kind") }
        guard let version = Self.number(words[4]), version > 0 else { throw .word("payload version") }
        guard let attempt = Self.number(words[5]), attempt > 0 else { throw .word("attempt") }
        guard let acceptedAt = Self.number(words[6]) else { throw .word("time of acceptance") }
        var marks: Marks = []
        for byte in words[7] {
            switch byte {
            case UInt8(ascii: "s"): marks.insert(.seen)
            case UInt8(ascii: "b"): marks.insert(.stored)
            case UInt8(ascii: "n"): marks.insert(.noted)
            case UInt8(ascii: "-"): break
            default: throw .word("marks")
            }
        }
        self.init(
            id: id, workspace: workspace, kind: String(decoding: words[3], as: UTF8.self), version: version, attempt: attempt,
            acceptedAt: Int64(acceptedAt), marks: marks,
            trace: words[8].count == 55 ? TraceParent(header: String(decoding: words[8], as: UTF8.self)) : nil, body: body)
    }

    /// The header line of the wire form.
    public var header: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(128 + kind.utf8.count)
        line.append(0x31)
        line.append(0x20)
        UUIDText.append(id, to: &line)
        line.append(0x20)
        UUIDText.append(workspace, to: &line)
        line.append(0x20)
        line.append(contentsOf: kind.utf8)
        line.append(0x20)
        line.append(contentsOf: String(version).utf8)
        line.append(0x20)
        line.append(contentsOf: String(attempt).utf8)
        line.append(0x20)
        line.append(contentsOf: String(acceptedAt).utf8)
        line.append(0x20)
        if marks.isEmpty { line.append(UInt8(ascii: "-")) }
        if marks.contains(.seen) { line.append(UInt8(ascii: "s")) }
        if marks.contains(.stored) { line.append(UInt8(ascii: "b")) }
        if marks.contains(.noted) { line.append(UInt8(ascii: "n")) }
        line.append(0x20)
        if let trace { line.append(contentsOf: trace.header.utf8) } else { line.append(UInt8(ascii: "-")) }
        return line
    }

    private static func number(_ word: ArraySlice<UInt8>) -> Int? {
        guard !word.isEmpty, word.count <= 18 else { return nil }
        var value = 0
        for byte in word {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
