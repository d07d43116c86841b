/// Reads one JSON text front to back, for the events that come once a token.
///
/// The general decoder is a dozen times slower, and a stream's cost is mostly its deltas. So whoever knows what the commonest event looks
/// like reads it with this, and anything else ends in ``Doubt``: another member, an escape or a number of a rare form, a text that is no
/// JSON at all. Then the general decoder reads the same bytes, and what it says counts. A text that is accepted here is valid JSON and
/// means the same there.
struct PlainJSON {
    /// The text is not of the plain form; which other form it has is not said.
    struct Doubt: Error {}

    /// A member's name, compared without making a string of it.
    struct Name {
        fileprivate let bytes: UnsafeBufferPointer<UInt8>.SubSequence

        static func ~= (word: StaticString, name: Name) -> Bool {
            word.withUTF8Buffer { $0.elementsEqual(name.bytes) }
        }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    /// Something stands before the next member or element, so a comma does too.
    private var isBehindValue = false

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// What `body` reads of a text, to its end; nil when it is in doubt.
    static func read<Value>(_ text: some Sequence<UInt8>, _ body: (inout PlainJSON) throws(Doubt) -> Value) -> Value? {
        let value = text.withContiguousStorageIfAvailable { bytes -> Value? in
            var json = PlainJSON(bytes)
            guard let value = try? body(&json) else { return nil }
            json.skipSpace()
            return json.index == bytes.count ? value : nil
        }
        return value ?? nil
    }

    // MARK: Objects and arrays

    mutating func beginObject() throws(Doubt) { try begin(UInt8(ascii: "{")) }

    mutating func beginArray() throws(Doubt) { try begin(UInt8(ascii: "[")) }

    /// The name of the object's next member, whose value is to be read then; nil at the object's end.
    mutating func nextName() throws(Doubt) -> Name? {
        guard try isBeforeNext(closing: UInt8(ascii: "}")) else { return nil }
        let start = index + 1
        let (end, isEscaped) = try stringEnd()
        guard !isEscaped else { throw Doubt() }
        try expect(UInt8(ascii: ":"))
        return Name(bytes: bytes[start..<end])
    }

    /// False at the array's end; otherwise an element is to be read.
    mutating func hasElement() throws(Doubt) -> Bool { try isBeforeNext(closing: UInt8(ascii: "]")) }

    private mutating func begin(_ bracket: UInt8) throws(Doubt) {
        try expect(bracket)
        isBehindValue = false
    }

    private mutating func isBeforeNext(closing bracket: UInt8) throws(Doubt) -> Bool {
        skipSpace()
        if try peek() == bracket {
            index += 1
            isBehindValue = true
            return false
        }
        if isBehindValue { try expect(UInt8(ascii: ",")) }
        isBehindValue = true
        skipSpace()
        return true
    }

    // MARK: Values

    /// True, and read, when the value is null.
    mutating func isNull() throws(Doubt) -> Bool {
        skipSpace()
        guard try peek() == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    mutating func null() throws(Doubt) {
        guard try isNull() else { throw Doubt() }
    }

    mutating func string() throws(Doubt) -> String {
        skipSpace()
        let start = index + 1
        let (end, isEscaped) = try stringEnd()
        let content = bytes[start..<end]
        guard !isEscaped else { return try Self.unescaped(content) }
        guard let text = String(validating: content, as: UTF8.self) else { throw Doubt() }
        return text
    }

    /// A whole number below 10^15, not negative.
    mutating func integer() throws(Doubt) -> Int {
        skipSpace()
        let start = index
        var value = 0
        while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
            value = value * 10 + Int(digit)
            index += 1
            if index - start > 15 { throw Doubt() }
        }
        let count = index - start
        guard count > 0, count == 1 || bytes[start] != UInt8(ascii: "0") else { throw Doubt() }
        // A fraction or an exponent.
        if index < bytes.count, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(bytes[index]) { throw Doubt() }
        return value
    }

    /// Passes over a string, a plain number, a word or an empty array: what providers add to their events.
    mutating func skip() throws(Doubt) {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "["):
            try beginArray()
            if try hasElement() { throw Doubt() }
        default: _ = try integer()
        }
    }

    // MARK: Bytes

    private func peek() throws(Doubt) -> UInt8 {
        guard index < bytes.count else { throw Doubt() }
        return bytes[index]
    }

    private mutating func expect(_ byte: UInt8) throws(Doubt) {
        skipSpace()
        guard try peek() == byte else { throw Doubt() }
        index += 1
    }

    private mutating func skipSpace() {
        while index < bytes.count, case let byte = bytes[index], byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func word(_ word: StaticString) throws(Doubt) {
        let end = index + word.utf8CodeUnitCount
        guard end <= bytes.count, word.withUTF8Buffer({ $0.elementsEqual(bytes[index..<end]) }) else { throw Doubt() }
        index = end
    }

    /// Passes over a string; returns where its closing quote stands, and whether something in it is escaped.
    private mutating func stringEnd() throws(Doubt) -> (end: Int, isEscaped: Bool) {
        guard try peek() == UInt8(ascii: "\"") else { throw Doubt() }
        index += 1
        var isEscaped = false
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return (index - 1, isEscaped)
            case UInt8(ascii: "\\"):
                isEscaped = true
                index += 2
            case 0..<0x20: throw Doubt()
            default: index += 1
            }
        }
        throw Doubt()
    }

    private static func unescaped(_ content: UnsafeBufferPointer<UInt8>.SubSequence) throws(Doubt) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
            case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar(from: &rest)).utf8)
            default: throw Doubt()
            }
        }
        guard let valid = String(validating: text, as: UTF8.self) else { throw Doubt() }
        return valid
    }

    /// The character behind `\u`, of one or two units.
    private static func scalar(from rest: inout UnsafeBufferPointer<UInt8>.SubSequence) throws(Doubt) -> Character {
        var value = try unit(from: &rest)
        if value & 0xFC00 == 0xD800 {
            guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"), case let low = try unit(from: &rest),
                low & 0xFC00 == 0xDC00
            else { throw Doubt() }
            value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
        }
        guard let scalar = Unicode.Scalar(value) else { throw Doubt() }
        return Character(scalar)
    }

    private static func unit(from rest: inout UnsafeBufferPointer<UInt8>.SubSequence) throws(Doubt) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = rest.popFirst() else { throw Doubt() }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw Doubt()
            }
        }
        return value
    }
}
