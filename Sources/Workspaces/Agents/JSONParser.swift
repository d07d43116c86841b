/// Why a text is not JSON, and where: the first place at which no valid document can continue.
package struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counted from 1; the column counts bytes.
    package let line: Int
    package let column: Int
    /// The value that was being read.
    package let pointer: JSONPointer
    /// One clause that quotes nothing of the text, which may hold secrets.
    package let reason: String

    package var description: String {
        let place = pointer.steps.isEmpty ? "" : " (in \(pointer))"
        return "line \(line), column \(column)\(place): \(reason)"
    }
}

/// Reads RFC 8259, strictly, with a byte order mark tolerated.
///
/// Two rules are tighter than the RFC, both because the document ends in a `jsonb` column: no NUL character, and numbers
/// of at most ``Limits/significantDigits`` digits between 1e-308 and 1e308. Of members with the same name the last one
/// counts, as in JavaScript, and ``duplicates`` names them.
package struct JSONParser {
    package enum Limits {
        /// A document nests lists and objects at most so deep: the reader calls itself once a level.
        package static let depth = 64
        /// No identifier or measurement needs more, and each digit costs.
        package static let significantDigits = 64
        /// The range of an IEEE double, which is what every other reader of the file has.
        package static let exponent = 308
    }

    private let bytes: [UInt8]
    private var index = 0
    private var steps: [JSONPointer.Step] = []
    private var depth = 0

    /// Members that were written more than once in one object.
    package private(set) var duplicates: [JSONPointer] = []

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the whole text as one document.
    ///
    /// - Throws: ``JSONSyntaxError``.
    package mutating func parse() throws -> JSONNode {
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) {
            throw fault("the text is UTF-16; save it as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        skipSpace()
        if index == bytes.count { throw fault("there is nothing in it") }
        let document = try value()
        skipSpace()
        if index < bytes.count { throw fault("something follows the end of the document") }
        return document
    }

    // MARK: Values

    private mutating func value() throws -> JSONNode {
        skipSpace()
        guard index < bytes.count else { throw fault("the text ends where a value is expected: it is cut off") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try nested { parser in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "/"): throw fault("JSON has no comments")
        case UInt8(ascii: "'"): throw fault("strings stand in double quotes")
        default: throw fault("no value starts like this")
        }
    }

    private mutating func nested(_ body: (inout JSONParser) throws -> JSONNode) throws -> JSONNode {
        guard depth < Limits.depth else { throw fault("lists and objects are nested more than \(Limits.depth) deep") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func object() throws -> JSONNode {
        var members: [JSONMember] = []
        var places: [[UInt8]: Int] = [:]
        index += 1
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard index < bytes.count else { throw fault("the text ends inside an object: it is cut off") }
            guard bytes[index] == UInt8(ascii: "\"") else {
                throw fault(
                    bytes[index] == UInt8(ascii: "}") ? "a comma stands before the closing brace" : "a member's name in double quotes is expected")
            }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon is expected after the member's name") }
            steps.append(.name(name))
            let member = JSONMember(name: name, value: try value())
            // Compared as bytes: to Swift two spellings of one accented letter are equal, to JSON they are two names.
            if let place = places.updateValue(members.count, forKey: Array(name.utf8)) {
                duplicates.append(JSONPointer(steps))
                members[place] = member
                places[Array(name.utf8)] = place
            } else {
                members.append(member)
            }
            steps.removeLast()
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw separatorFault(closing: "}") }
        }
    }

    private mutating func array() throws -> JSONNode {
        var elements: [JSONNode] = []
        index += 1
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            skipSpace()
            if index < bytes.count, bytes[index] == UInt8(ascii: "]") { throw fault("a comma stands before the closing bracket") }
            steps.append(.index(elements.count))
            elements.append(try value())
            steps.removeLast()
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw separatorFault(closing: "]") }
        }
    }

    private mutating func word(_ text: StaticString, _ node: JSONNode) throws -> JSONNode {
        let length = text.utf8CodeUnitCount
        let matches = text.withUTF8Buffer { bytes[index...].starts(with: $0) }
        guard matches else { throw fault("no value starts like this") }
        index += length
        return node
    }

    // MARK: Scalars

    private mutating func number() throws -> String {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let whole = digits()
        guard whole > 0 else { throw fault("a digit is expected") }
        if whole > 1, bytes[index - whole] == UInt8(ascii: "0") { throw fault("a number does not start with 0") }
        if take(UInt8(ascii: ".")), digits() == 0 { throw fault("a digit is expected after the point") }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { throw fault("a digit is expected in the exponent") }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        guard CanonicalNumber(text) != nil else {
            throw fault("the number has more than \(Limits.significantDigits) digits or lies beyond 1e\(Limits.exponent)")
        }
        return text
    }

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        return index - start
    }

    private mutating func string() throws -> String {
        index += 1
        var decoded: [UInt8] = []
        var start = index
        while true {
            guard index < bytes.count else { throw fault("the text ends inside a string: it is cut off") }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                decoded.append(contentsOf: bytes[start..<index])
                guard let text = String(validating: decoded, as: UTF8.self) else { throw fault("the string is not valid UTF-8") }
                index += 1
                return text
            case UInt8(ascii: "\\"):
                decoded.append(contentsOf: bytes[start..<index])
                try escape(into: &decoded)
                start = index
            case 0..<0x20:
                throw fault(bytes[index] == 0x0A ? "a line ends inside a string" : "a control character stands inside a string")
            default:
                index += 1
            }
        }
    }

    private mutating func escape(into decoded: inout [UInt8]) throws {
        index += 1
        guard index < bytes.count else { throw fault("the text ends inside a string: it is cut off") }
        let letter = bytes[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(letter)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0C)
        case UInt8(ascii: "n"): decoded.append(0x0A)
        case UInt8(ascii: "r"): decoded.append(0x0D)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"): decoded.append(contentsOf: String(try scalar()).utf8)
        default: throw fault("no such escape in a string")
        }
    }

    private mutating func scalar() throws -> Unicode.Scalar {
        var code = UInt32(try unit())
        if (0xD800..<0xDC00).contains(code) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("half of a surrogate pair stands alone") }
            let low = UInt32(try unit())
            guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair stands alone") }
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        }
        guard code != 0 else { throw fault("a NUL character cannot be stored") }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func unit() throws -> UInt16 {
        guard index + 4 <= bytes.count else { throw fault("the text ends inside a string: it is cut off") }
        var unit: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw fault("four hexadecimal digits are expected after \\u") }
            unit = unit << 4 | UInt16(digit)
        }
        index += 4
        return unit
    }

    // MARK: Places

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[index]) { index += 1 }
    }

    private func separatorFault(closing: String) -> JSONSyntaxError {
        index < bytes.count ? fault("a comma or \(closing) is expected") : fault("the text ends before its \(closing): it is cut off")
    }

    private func fault(_ reason: String) -> JSONSyntaxError {
        let before = bytes[..<min(index, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return JSONSyntaxError(line: line, column: before.count - lineStart + 1, pointer: JSONPointer(steps), reason: reason)
    }
}
