import Foundation
public import Jobs

/// Jobs as a release enqueued them, in a text file that stays: what a later release must still be able to read.
///
/// A job is two lines, its header and its body, as the stream carries them. A third one that begins with `=` says what its payload
/// is in the words of today's version, where that differs. Empty lines and those that begin with `#` are passed over.
///
///     1 0197f2a0-… 0197f2a0-… ticket.create 1 1 1767225600000 - -
///     {"name":"Ada Lovelace"}
///     = {"given":"Ada","family":"Lovelace"}
///
/// ``faults(in:)`` reads each body as its handler would be given it, encodes the payload again and compares: so a member that was
/// renamed or dropped is found, be it an optional one that any body can do without. Mend it by a new version of the kind and
/// `JobPayload.upcast`, never by changing what a release has recorded.
public struct RecordedPayloads: Sendable {
    struct Record: Sendable {
        /// Where it was found, for faults.
        let place: String
        let envelope: Envelope
        /// UTF-8 JSON, where it differs from the body.
        let today: [UInt8]?
    }

    private(set) var records: [Record]

    /// - Parameter name: of the file, for faults.
    /// - Throws: `TestEngineError` for a text of another form.
    public init(text: String, name: String = "payloads") throws {
        var found: [Record] = []
        var waiting: (place: String, header: [UInt8], body: [UInt8]?)?
        func finish(today: [UInt8]?) throws {
            guard let (place, header, given) = waiting else { return }
            guard let body = given else { throw TestEngineError("\(place): the header has no body") }
            do {
                found.append(Record(place: place, envelope: try Envelope(header: header, body: body), today: today))
            } catch {
                throw TestEngineError("\(place): \(error)")
            }
            waiting = nil
        }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let place = "\(name):\(index + 1)"
            switch line.first {
            case nil, "#": continue
            case "=":
                guard waiting?.body != nil else { throw TestEngineError("\(place): there is no job that it could belong to") }
                try finish(today: Array(line.dropFirst().utf8))
            case "{" where waiting != nil && waiting?.body == nil:
                waiting?.body = Array(line.utf8)
            case "{":
                throw TestEngineError("\(place): the body has no header")
            default:
                try finish(today: nil)
                waiting = (place, Array(line.utf8), nil)
            }
        }
        try finish(today: nil)
        records = found
    }

    /// Those of several files together.
    public static func + (left: RecordedPayloads, right: RecordedPayloads) -> RecordedPayloads {
        var both = left
        both.records += right.records
        return both
    }

    /// The two lines of a payload as this release enqueues it.
    public static func lines<Payload: JobPayload>(of payload: Payload) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = Array(try encoder.encode(payload))
        let envelope = Envelope(
            id: .version7(), workspace: .version7(), kind: Payload.kind.name, version: Payload.kind.version,
            acceptedAt: Int64(Date().timeIntervalSince1970 * 1000), body: body)
        return String(decoding: envelope.header, as: UTF8.self) + "\n" + String(decoding: body, as: UTF8.self)
    }

    /// What the handlers of a registry do not read as it was meant, and what of their payloads is not recorded: sentences, each with
    /// its place. Empty when all is well.
    public func faults(in registry: HandlerRegistry) -> [String] {
        var faults: [String] = []
        var members: [String: PayloadMembers] = [:]
        let versions = Dictionary(registry.kinds.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
        for record in records {
            let (kind, version) = (record.envelope.kind, record.envelope.version)
            do {
                let payload = try registry.decode(record.envelope.body, kind: kind, version: version)
                let found = FixtureValue(json: Array(try JSONEncoder().encode(payload)))
                if record.today == nil, version != versions[kind] {
                    faults.append("\(record.place): version \(version) of \(kind) needs a line with = that says what it is today")
                } else if found != FixtureValue(json: record.today ?? record.envelope.body) {
                    let words = try found.map { String(decoding: try $0.json(), as: UTF8.self) }
                    faults.append("\(record.place): \(kind) is not read as it was meant; it is read as \(words ?? "no JSON")")
                }
                if FixtureValue(json: try payload.encoded()) != found {
                    faults.append("\(record.place): \(kind) writes itself otherwise than the general encoder does")
                }
                if version == versions[kind] { members[kind, default: PayloadMembers()].add(payload) }
            } catch {
                faults.append("\(record.place): \(kind) cannot be read any more: \(error)")
            }
        }
        for kind in registry.kinds {
            guard let known = members[kind.name] else {
                faults.append("version \(kind.version) of \(kind.name) is not recorded")
                continue
            }
            for path in known.neverSet { faults.append("\(kind.name)\(path) has a value in no record of version \(kind.version)") }
        }
        return faults
    }
}

extension JobPayload {
    /// The body that a producer hands over.
    fileprivate func encoded() throws -> [UInt8] { try PayloadEncoder.encode(self) }
}

/// The optional members of payloads, and which of them ever had a value.
struct PayloadMembers: Sendable {
    private var wasSet: [String: Bool] = [:]

    /// As paths, `.messages[].name`, in a stable order.
    var neverSet: [String] { wasSet.filter { !$0.value }.keys.sorted() }

    mutating func add(_ payload: any JobPayload) {
        add(payload, at: "")
    }

    private mutating func add(_ value: Any, at path: String) {
        let mirror = Mirror(reflecting: value)
        switch mirror.displayStyle {
        case .optional:
            let wrapped = mirror.children.first
            wasSet[path] = wrapped != nil || wasSet[path] == true
            if let wrapped { add(wrapped.value, at: path) }
        case .struct:
            for child in mirror.children { add(child.value, at: path + "." + (child.label ?? "?")) }
        case .collection:
            for child in mirror.children { add(child.value, at: path + "[]") }
        default:
            break
        }
    }
}
