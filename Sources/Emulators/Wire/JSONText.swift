import NIOCore

/// JSON strings, written by hand: one is written for every piece of every stream, and JSONEncoder costs ten times as much.
enum JSONText {
    /// Appends the text in quotes. Only what JSON wants is escaped: everything else goes as it is, so that a character's bytes can
    /// be split, and U+2028 stands inside of a line.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 { append(byte, to: &bytes) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0D: bytes.append(contentsOf: #"\r"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        case 0..<0x20:
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(digit(byte >> 4))
            bytes.append(digit(byte & 0x0F))
        default: bytes.append(byte)
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Whether a byte cannot stand in a string as it is.
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}

extension ByteBuffer {
    /// Writes a JSON string. Most pieces hold nothing to escape and are copied whole.
    mutating func writeJSON(_ text: String) {
        guard text.utf8.contains(where: JSONText.isSpecial) else {
            writeInteger(UInt8(ascii: "\""))
            writeString(text)
            writeInteger(UInt8(ascii: "\""))
            return
        }
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        writeBytes(bytes)
    }
}
