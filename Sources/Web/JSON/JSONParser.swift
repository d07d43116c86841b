/// Reads a JSON document by RFC 8259 and says where it is not one.
///
/// Foundation's decoder does the decoding; this runs when it has refused a body, to tell the caller which byte is at
/// fault, and when a body holds the text of an escaped NUL. So it is written for precise faults and not for speed.
struct JSONParser {
    /// Deeper documents are refused: each level costs stack.
    static let depthLimit = 256

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Parses one document and nothing after it. The bytes are valid UTF-8.
    static func parse(_ bytes: [UInt8]) throws(JSONSyntaxFault) -> JSONValue {
        var parser = JSONParser(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.index = 3 }
        let value = try parser.value()
        parser.skipSpace()
        guard parser.index == bytes.count else { throw JSONSyntaxFault(reason: .trailing, offset: parser.index) }
        return value
    }

    // MARK: Values

    private mutating func value() throws(JSONSyntaxFault) -> JSONValue {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONSyntaxFault) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONSyntaxFault) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case let byte: throw JSONSyntaxFault(reason: .unexpected(byte), offset: index)
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONSyntaxFault) -> JSONValue
    ) throws(JSONSyntaxFault) -> JSONValue {
        guard depth < Self.depthLimit else { throw JSONSyntaxFault(reason: .tooDeep(Self.depthLimit), offset: index) }
        depth += 1
        index += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func object() throws(JSONSyntaxFault) -> JSONValue {
        var members: [JSONValue.Member] = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            index += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw JSONSyntaxFault(reason: .unexpected(try peek()), offset: index) }
            let name = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            members.append(.init(name, try value()))
            skipSpace()
            if try peek() == UInt8(ascii: "}") {
                index += 1
                return .object(members)
            }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func array() throws(JSONSyntaxFault) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            index += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipSpace()
            if try peek() == UInt8(ascii: "]") {
                index += 1
                return .array(elements)
            }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONSyntaxFault) -> JSONValue {
        let start = index
        for wanted in "\(text)".utf8 {
            guard try peek() == wanted else { throw JSONSyntaxFault(reason: .malformed("word"), offset: start) }
            index += 1
        }
        return value
    }

    private mutating func number() throws(JSONSyntaxFault) -> JSONValue {
        let start = index
        var isInteger = true
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let first = try peek()
        let whole = digits()
        guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else { throw JSONSyntaxFault(reason: .malformed("number"), offset: start) }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard digits() > 0 else { throw JSONSyntaxFault(reason: index == bytes.count ? .truncated : .malformed("number"), offset: index) }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
            guard digits() > 0 else { throw JSONSyntaxFault(reason: index == bytes.count ? .truncated : .malformed("number"), offset: index) }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        return .number(Double(text) ?? .infinity)
    }

    // MARK: Bytes

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        return index - start
    }

    private func peek() throws(JSONSyntaxFault) -> UInt8 {
        guard index < bytes.count else { throw JSONSyntaxFault(reason: .truncated, offset: index) }
        return bytes[index]
    }

    private mutating func expect(_ byte: UInt8) throws(JSONSyntaxFault) {
        let found = try peek()
        guard found == byte else { throw JSONSyntaxFault(reason: .unexpected(found), offset: index) }
        index += 1
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    }

    /// Reads a string from its opening quote.
    private mutating func string() throws(JSONSyntaxFault) -> String {
        index += 1
        var text: [UInt8] = []
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw JSONSyntaxFault(reason: .unexpected(byte), offset: index)
            default:
                text.append(byte)
                index += 1
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxFault) {
        let start = index
        index += 1
        let byte = try peek()
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try hexadecimal(from: start)
            if (0xD800..<0xDC00).contains(scalar) {
                try expectLowSurrogate(start)
                let low = try hexadecimal(from: start)
                guard (0xDC00..<0xE000).contains(low) else { throw JSONSyntaxFault(reason: .malformed("escape"), offset: start) }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(scalar) else { throw JSONSyntaxFault(reason: .malformed("escape"), offset: start) }
            text.append(contentsOf: String(Character(scalar)).utf8)
        default: throw JSONSyntaxFault(reason: .malformed("escape"), offset: start)
        }
    }

    private mutating func expectLowSurrogate(_ start: Int) throws(JSONSyntaxFault) {
        for wanted in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
            guard try peek() == wanted else { throw JSONSyntaxFault(reason: .malformed("escape"), offset: start) }
            index += 1
        }
    }

    private mutating func hexadecimal(from start: Int) throws(JSONSyntaxFault) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(try peek())).hexDigitValue else {
                throw JSONSyntaxFault(reason: .malformed("escape"), offset: start)
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}
