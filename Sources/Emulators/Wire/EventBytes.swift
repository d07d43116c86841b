import NIOCore
import Web

/// Writes to a buffer as an event stream, with one kind of line end.
struct EventBytes: Sendable {
    /// Between two lines.
    let line: [UInt8]
    /// Behind an event.
    let end: [UInt8]

    init(_ ending: EmulatorWire.LineEnding) {
        line = Array(ending.text.utf8)
        end = line + line
    }

    /// A comment and the blank line behind it.
    func comment(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeString(": \(text)")
        buffer.writeBytes(end)
    }

    /// Lines as they are, and the empty one behind them.
    func frame(_ lines: [String], to buffer: inout ByteBuffer) {
        for text in lines {
            buffer.writeString(text)
            buffer.writeBytes(line)
        }
        buffer.writeBytes(line)
    }

    /// An event without a name.
    func data(_ value: JSONValue, to buffer: inout ByteBuffer) {
        buffer.writeString("data: ")
        buffer.writeBytes(value.bytes())
        buffer.writeBytes(end)
    }

    /// An event whose name is its value's `type`, which stands first in it.
    ///
    /// - Parameter padding: spaces before the value's last brace.
    func event(_ type: String, _ members: [JSONValue.Member], padding: Int = 0, to buffer: inout ByteBuffer) {
        buffer.writeBytes(head(type))
        var bytes = JSONValue.object([.init("type", .string(type))] + members).bytes()
        bytes.removeLast()
        buffer.writeBytes(bytes)
        buffer.writeRepeatingByte(UInt8(ascii: " "), count: padding)
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(end)
    }

    /// What stands before an event's value.
    func head(_ type: String) -> [UInt8] {
        Array("event: \(type)".utf8) + line + Array("data: ".utf8)
    }
}

/// The random lengths by which providers hide how long a piece is.
struct Padding: Sendable {
    private var generator: SeededGenerator
    private let isOn: Bool

    /// At most so many characters.
    static let longest = 15

    init(_ isOn: Bool, _ generator: SeededGenerator) {
        self.isOn = isOn
        self.generator = generator
    }

    mutating func length() -> Int { isOn ? Int(generator.next() % UInt64(Self.longest + 1)) : 0 }

    /// `,"obfuscation":"…"`, or nothing.
    mutating func writeObfuscation(to buffer: inout ByteBuffer) {
        guard isOn else { return }
        buffer.writeStaticString(",\"obfuscation\":\"")
        buffer.writeBytes(Self.letters.prefix(length()))
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private static let letters = Array("k3VwQz8TnB1xLrM".utf8)
}

/// Turns what is said into the bytes of one wire. A value: the same steps give the same bytes, but for ``StampingWriter``.
protocol EmulatorWriter: Sendable {
    mutating func write(_ step: EmulatorStep, to buffer: inout ByteBuffer)
}
