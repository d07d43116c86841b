/// One spelling for each number, so that `1.0`, `1` and `10e-1` have one digest.
///
/// The form is ECMAScript's, which RFC 8785 uses. It agrees with RFC 8785 for every number of up to 15 significant
/// digits; longer ones keep their digits, where the RFC would round them to the nearest double and let two
/// identifiers become one.
///
/// | written | canonical |
/// |---|---|
/// | `1.50` | `1.5` |
/// | `1e2` | `100` |
/// | `-0.0` | `0` |
/// | `1e21` | `1e+21` |
/// | `0.0000001` | `1e-7` |
/// | `12345678901234567890` | `12345678901234567890` |
package struct CanonicalNumber: Sendable, Equatable {
    package let text: String

    /// - Parameter lexeme: a number as the JSON grammar allows it.
    /// - Returns: nil beyond ``JSONParser/Limits``.
    package init?(_ lexeme: String) {
        var digits: [UInt8] = []
        // The value is 0.DIGITS times ten to this power.
        var power = 0
        var sawPoint = false
        var rest = Substring(lexeme).utf8
        let negative = rest.first == UInt8(ascii: "-")
        if negative { rest = rest.dropFirst() }
        while let byte = rest.first {
            if byte == UInt8(ascii: ".") {
                sawPoint = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                break
            } else if digits.isEmpty, byte == UInt8(ascii: "0") {
                if sawPoint { power -= 1 }
            } else {
                digits.append(byte)
                if !sawPoint { power += 1 }
            }
            rest = rest.dropFirst()
        }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty {
            text = "0"
            return
        }
        if !rest.isEmpty {
            guard let exponent = Int(Substring(rest.dropFirst())), abs(exponent) <= 4 * JSONParser.Limits.exponent else { return nil }
            power += exponent
        }
        guard digits.count <= JSONParser.Limits.significantDigits, abs(power) <= JSONParser.Limits.exponent else { return nil }
        text = (negative ? "-" : "") + Self.layout(String(decoding: digits, as: UTF8.self), count: digits.count, power: power)
    }

    private static func layout(_ digits: String, count: Int, power: Int) -> String {
        if count <= power, power <= 21 { return digits + String(repeating: "0", count: power - count) }
        if power > 0, power <= 21 { return digits.prefix(power) + "." + digits.dropFirst(power) }
        if power > -6, power <= 0 { return "0." + String(repeating: "0", count: -power) + digits }
        let fraction = count == 1 ? "" : "." + digits.dropFirst()
        return digits.prefix(1) + fraction + (power > 0 ? "e+" : "e-") + String(abs(power - 1))
    }
}

extension JSONNode {
    /// The one spelling of this value: no space, members by UTF-16 order, numbers as ``CanonicalNumber``.
    ///
    /// Stable under everything that storage does to a document, so a digest of it can be checked against the database.
    package var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let lexeme): bytes.append(contentsOf: (CanonicalNumber(lexeme)?.text ?? lexeme).utf8)
        case .string(let text): Self.write(text, into: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.name, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0..<0x20:
                let hex = Array("0123456789abcdef".utf8)
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: [hex[Int(byte >> 4)], hex[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
