public import Foundation

/// A job as a stream carries it: everything the engine knows of it, and a body that only its handler understands.
///
/// On the wire an envelope is two fields of a stream entry. `h` is one line of ASCII, words separated by a space:
///
///     1 <id> <workspace> <kind> <payload version> <attempt> <accepted at, ms> <marks> <traceparent or ->
///     2 … the same … <route>
///
/// (the second where the job's route is not the usual one) and `b` is the body. Two fields and not nine, because every field of an entry is one more string to parse for
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
        /// It belongs to a group, which is told of its end.
        public static let grouped = Marks(rawValue: 8)
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
    var route = JobRoute.usual
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
            case .fields(let count): "the header has \(count) words instead of 9, or 10 in format 2"
            case .format(let found): "the header has format \(found); this version reads formats 1 and 2"
            case .word(let name): "the header's \(name) cannot be read"
            }
        }
    }

    /// Reads a header line; `body` is taken as it is.
    public init(header: [UInt8], body: [UInt8]) throws(Fault) {
        if let usual = header.withUnsafeBufferPointer({ Self.usual($0, body: body) }) {
            self = usual
        } else {
            try self.init(words: header, body: body)
        }
    }

    /// The usual header, of format 1, read in one pass and without a slice: it is read for every job. Nil on any doubt.
    private static func usual(_ line: UnsafeBufferPointer<UInt8>, body: [UInt8]) -> Envelope? {
        // `1 <id> <workspace> ` have fixed places.
        guard line.count > 76, let text = line.baseAddress, text[0] == 0x31, text[1] == 0x20, text[38] == 0x20, text[75] == 0x20,
            let id = UUIDText.parse(at: text + 2), let workspace = UUIDText.parse(at: text + 39)
        else { return nil }
        var at = 76
        while at < line.count, text[at] != 0x20 { at += 1 }
        guard at > 76, at < line.count else { return nil }
        let kind = String(decoding: UnsafeBufferPointer(rebasing: line[76..<at]), as: UTF8.self)
        /// The decimal word that begins behind the present space; leaves `at` at the space behind it.
        func number() -> Int? {
            let start = at + 1
            var value = 0
            at = start
            while at < line.count, case let digit = text[at] &- 0x30, digit < 10 {
                value = value &* 10 &+ Int(digit)
                at += 1
            }
            return (1...18).contains(at - start) && at < line.count && text[at] == 0x20 ? value : nil
        }
        guard let version = number(), version > 0, let attempt = number(), attempt > 0, let acceptedAt = number() else { return nil }
        var marks: Marks = []
        at += 1
        while at < line.count, text[at] != 0x20 {
            switch text[at] {
            case UInt8(ascii: "s"): marks.insert(.seen)
            case UInt8(ascii: "b"): marks.insert(.stored)
            case UInt8(ascii: "n"): marks.insert(.noted)
            case UInt8(ascii: "g"): marks.insert(.grouped)
            case UInt8(ascii: "-"): break
            default: return nil
            }
            at += 1
        }
        // Only the trace is left, without a further space.
        guard at < line.count, case let rest = UnsafeBufferPointer(rebasing: line[(at + 1)...]), !rest.contains(0x20) else { return nil }
        return Envelope(
            id: id, workspace: workspace, kind: kind, version: version, attempt: attempt, acceptedAt: Int64(acceptedAt), marks: marks,
            trace: rest.count == 55 ? TraceParent(header: String(decoding: rest, as: UTF8.self)) : nil, body: body)
    }

    /// Reads any header line, word by word, and names what is wrong with it.
    private init(words header: [UInt8], body: [UInt8]) throws(Fault) {
        let words = header.split(separator: 0x20, omittingEmptySubsequences: false)
        let isRouted = words[0].elementsEqual([0x32])
        guard isRouted || words[0].elementsEqual([0x31]) else { throw .format(String(decoding: words[0], as: UTF8.self)) }
        guard words.count == (isRouted ? 10 : 9) else { throw .fields(words.count) }
        let route = isRouted ? JobRoute(word: String(decoding: words[9], as: UTF8.self)) : .usual
        guard let route else { throw .word("route") }
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
            case UInt8(ascii: "g"): marks.insert(.grouped)
            case UInt8(ascii: "-"): break
            default: throw .word("marks")
            }
        }
        self.init(
            id: id, workspace: workspace, kind: String(decoding: words[3], as: UTF8.self), version: version, attempt: attempt,
            acceptedAt: Int64(acceptedAt), marks: marks,
            trace: words[8].count == 55 ? TraceParent(header: String(decoding: words[8], as: UTF8.self)) : nil, body: body)
        self.route = route
    }

    /// The header line of the wire form.
    public var header: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(128 + kind.utf8.count)
        line.append(route == .usual ? 0x31 : 0x32)
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
        if marks.contains(.grouped) { line.append(UInt8(ascii: "g")) }
        line.append(0x20)
        if let trace { line.append(contentsOf: trace.header.utf8) } else { line.append(UInt8(ascii: "-")) }
        if route != .usual {
            line.append(0x20)
            line.append(contentsOf: route.word.utf8)
        }
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
