/// The fields of one JSON object that holds no other: the shape of nearly every job's body.
///
/// The general decoder costs more than all else that a worker does for a small job (7 of 15 µs). A payload that comes by the
/// thousand reads itself from here (``JobPayload/read(_:)``), and whatever is out of the ordinary is left to the general
/// decoder, which is also the one to say what is wrong. So this reader may refuse anything and must accept nothing that
/// the other refuses: a test compares the two.
public struct FlatJSON: Sendable {
    /// The body is not of the plain form, or a field is not what was asked for.
    public struct Unusual: Error {
        public init() {}
    }

    private enum Kind { case text, escapedText, number, word }

    private struct Field {
        var key: Range<Int>
        var value: Range<Int>
        var kind: Kind
    }

    private var body: [UInt8] = []
    private var fields: [Field] = []

    init() { fields.reserveCapacity(16) }

    /// Reads one body.
    /// - Returns: nil for what is to be left to the general decoder.
    package static func read<Value>(_ body: [UInt8], _ make: (FlatJSON) throws(Unusual) -> Value) -> Value? {
        var fields = FlatJSON()
        do throws(Unusual) {
            try fields.read(body)
            return try make(fields)
        } catch {
            return nil
        }
    }

    /// Takes the body apart; one reader serves a whole batch, without allocating for each.
    mutating func read(_ body: [UInt8]) throws(Unusual) {
        self.body = body
        fields.removeAll(keepingCapacity: true)
        var scanner = Scanner(bytes: body)
        try scanner.expect(UInt8(ascii: "{"))
        if try scanner.next() == UInt8(ascii: "}") {
            try scanner.expect(UInt8(ascii: "}"))
            return try scanner.end()
        }
        while true {
            guard case let (key, isEscaped) = try scanner.text(), !isEscaped, body[key].allSatisfy({ $0 < 0x80 }) else { throw Unusual() }
            try scanner.expect(UInt8(ascii: ":"))
            switch try scanner.next() {
            case UInt8(ascii: "\""):
                let (value, isEscaped) = try scanner.text()
                fields.append(Field(key: key, value: value, kind: isEscaped ? .escapedText : .text))
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                fields.append(Field(key: key, value: try scanner.integer(), kind: .number))
            default:
                fields.append(Field(key: key, value: try scanner.word(), kind: .word))
            }
            if try scanner.next() == UInt8(ascii: ",") {
                try scanner.expect(UInt8(ascii: ","))
                continue
            }
            try scanner.expect(UInt8(ascii: "}"))
            return try scanner.end()
        }
    }

    // MARK: What payloads ask

    public func text(_ key: StaticString) throws(Unusual) -> String {
        guard let text = try text(ifPresent: key) else { throw Unusual() }
        return text
    }

    /// Nil where the field is missing or `null`.
    public func text(ifPresent key: StaticString) throws(Unusual) -> String? {
        guard let field = try field(key) else { return nil }
        let text: String? =
            switch field.kind {
            case .text: String(validating: body[field.value], as: UTF8.self)
            case .escapedText: String(validating: try JSONEscapes.resolved(body[field.value]), as: UTF8.self)
            case .number, .word: nil
            }
        guard let text else { throw Unusual() }
        return text
    }

    /// A whole number of at most nine digits.
    public func integer(_ key: StaticString) throws(Unusual) -> Int {
        guard let field = try field(key), field.kind == .number else { throw Unusual() }
        let digits = body[field.value]
        let isNegative = digits.first == UInt8(ascii: "-")
        let value = digits.dropFirst(isNegative ? 1 : 0).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return isNegative ? -value : value
    }

    /// Nil where the field is missing or `null`. A key that stands twice is for the general decoder to judge.
    private func field(_ key: StaticString) throws(Unusual) -> Field? {
        var found: Field?
        let name = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        for field in fields where field.key.count == name.count && body[field.key].elementsEqual(name) {
            guard found == nil else { throw Unusual() }
            found = field
        }
        guard let found, found.kind == .word else { return found }
        guard body[found.value].elementsEqual("null".utf8) else { throw Unusual() }
        return nil
    }
}

extension FlatJSON {
    /// One pass over the bytes. It knows tokens and no structure.
    private struct Scanner {
        let bytes: [UInt8]
        private var at = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// The byte that the next token begins with.
        mutating func next() throws(Unusual) -> UInt8 {
            while at < bytes.count {
                switch bytes[at] {
                case 0x20, 0x09, 0x0a, 0x0d: at += 1
                case let byte: return byte
                }
            }
            throw Unusual()
        }

        mutating func expect(_ byte: UInt8) throws(Unusual) {
            guard try next() == byte else { throw Unusual() }
            at += 1
        }

        /// Nothing but space may follow.
        mutating func end() throws(Unusual) {
            guard bytes[at...].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }) else { throw Unusual() }
        }

        /// What stands between the quotes, as it stands.
        mutating func text() throws(Unusual) -> (Range<Int>, isEscaped: Bool) {
            try expect(UInt8(ascii: "\""))
            let start = at
            var isEscaped = false
            while at < bytes.count {
                switch bytes[at] {
                case UInt8(ascii: "\""):
                    at += 1
                    return (start..<at - 1, isEscaped)
                case UInt8(ascii: "\\"):
                    isEscaped = true
                    at += 1
                    // Four digits belong to it, be the text asked for or not.
                    if at < bytes.count, bytes[at] == UInt8(ascii: "u") {
                        guard at + 4 < bytes.count, bytes[(at + 1)...(at + 4)].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else {
                            throw Unusual()
                        }
                        at += 4
                    }
                    at += 1
                case 0..<0x20: throw Unusual()
                default: at += 1
                }
            }
            throw Unusual()
        }

        /// A sign and up to nine digits, no more of a number than that.
        mutating func integer() throws(Unusual) -> Range<Int> {
            let start = at
            if bytes[at] == UInt8(ascii: "-") { at += 1 }
            let first = at
            while at < bytes.count, bytes[at] &- UInt8(ascii: "0") < 10 { at += 1 }
            guard (1...9).contains(at - first), bytes[first] != UInt8(ascii: "0") || at == first + 1 else { throw Unusual() }
            if at < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[at]) { throw Unusual() }
            return start..<at
        }

        /// `null`; anything else that is no text and no number is left to the general decoder.
        mutating func word() throws(Unusual) -> Range<Int> {
            guard bytes[at...].starts(with: "null".utf8) else { throw Unusual() }
            at += 4
            return at - 4..<at
        }
    }
}
