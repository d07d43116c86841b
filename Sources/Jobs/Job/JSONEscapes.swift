/// Resolves the escapes of a JSON text (RFC 8259, section 7).
enum JSONEscapes {
    /// - Parameter text: what stands between the quotes.
    /// - Throws: for an escape that there is not, and for half of a surrogate pair.
    static func resolved(_ text: ArraySlice<UInt8>) throws(FlatJSON.Unusual) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var at = text.startIndex
        while at < text.endIndex {
            guard text[at] == UInt8(ascii: "\\") else {
                result.append(text[at])
                at += 1
                continue
            }
            guard at + 1 < text.endIndex else { throw FlatJSON.Unusual() }
            at += 2
            switch text[at - 1] {
            case UInt8(ascii: "n"): result.append(0x0a)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(text[at - 1])
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0d)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0c)
            case UInt8(ascii: "u"): result.append(contentsOf: String(try scalar(in: text, &at)).utf8)
            default: throw FlatJSON.Unusual()
            }
        }
        return result
    }

    /// The character whose four hexadecimal digits begin at `at`, with its second half where it has one.
    private static func scalar(in text: ArraySlice<UInt8>, _ at: inout Int) throws(FlatJSON.Unusual) -> Unicode.Scalar {
        let first = try digits(in: text, &at)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, text[at...].starts(with: #"\u"#.utf8) else { throw FlatJSON.Unusual() }
        at += 2
        let second = try digits(in: text, &at)
        guard (0xdc00..<0xe000).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) else {
            throw FlatJSON.Unusual()
        }
        return scalar
    }

    private static func digits(in text: ArraySlice<UInt8>, _ at: inout Int) throws(FlatJSON.Unusual) -> UInt32 {
        guard at + 4 <= text.endIndex else { throw FlatJSON.Unusual() }
        var value: UInt32 = 0
        for byte in text[at..<at + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw FlatJSON.Unusual() }
            value = value << 4 | UInt32(digit)
        }
        at += 4
        return value
    }
}
