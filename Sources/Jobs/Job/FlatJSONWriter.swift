/// Writes one JSON object that holds no other: the counterpart of ``FlatJSON``.
///
/// The general encoder costs more than all else that the ingress does for a small job. A payload that comes by the thousand writes itself
/// here (``JobPayload/write(to:)``), and means the same as what the general encoder writes: a test compares the two.
public struct FlatJSONWriter: Sendable {
    private var bytes: [UInt8] = []
    private var isRefused = false

    init() {
        // Of most tickets and build steps.
        bytes.reserveCapacity(512)
        bytes.append(UInt8(ascii: "{"))
    }

    /// A member that is text; none for nil. Keys are written as they stand.
    public mutating func text(_ key: StaticString, _ value: String?) {
        guard var value else { return }
        begin(key)
        bytes.append(UInt8(ascii: "\""))
        value.withUTF8 { escape($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A member that is a whole number.
    public mutating func integer(_ key: StaticString, _ value: Int) {
        begin(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Leaves this body to the general encoder: it is not of the plain form.
    public mutating func refuse() { isRefused = true }

    /// The object; nil where it was refused.
    consuming func finished() -> [UInt8]? {
        guard !isRefused else { return nil }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private mutating func begin(_ key: StaticString) {
        bytes.append(contentsOf: bytes.count > 1 ? [UInt8(ascii: ","), UInt8(ascii: "\"")] : [UInt8(ascii: "\"")])
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Copies what needs no escape in pieces (RFC 8259, section 7).
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for at in text.indices where text[at] < 0x20 || text[at] == UInt8(ascii: "\"") || text[at] == UInt8(ascii: "\\") {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<at]))
            bytes.append(UInt8(ascii: "\\"))
            switch text[at] {
            case 0x0a: bytes.append(UInt8(ascii: "n"))
            case 0x0d: bytes.append(UInt8(ascii: "r"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(text[at])
            case let control:
                bytes.append(contentsOf: "u00".utf8)
                bytes.append(contentsOf: control < 0x10 ? "0".utf8 : "1".utf8)
                bytes.append(contentsOf: String(control & 0xf, radix: 16).utf8)
            }
            start = at + 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    }
}
