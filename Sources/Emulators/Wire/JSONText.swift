import NIOCore
import Web

enum JSONText {
    /// Whether a byte cannot stand in a string as it is.
    static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}

extension ByteBuffer {
    /// Writes a JSON string, without an encoder: one is written for every piece of every stream. Most pieces hold nothing to escape and
    /// are copied whole.
    mutating func writeJSON(_ text: String) {
        guard text.utf8.contains(where: JSONText.isSpecial) else {
            writeInteger(UInt8(ascii: "\""))
            writeString(text)
            writeInteger(UInt8(ascii: "\""))
            return
        }
        var bytes: [UInt8] = []
        JSONValue.write(text, to: &bytes)
        writeBytes(bytes)
    }
}
