public import NIOCore

/// One frame of a `text/event-stream`, as WHATWG's HTML standard reads it.
///
///     id: 42
///     event: delta
///     data: first line
///     data: second line
///     ⏎
///
/// A frame without `data` dispatches nothing: a comment or a retry time. States that are no progress (busy, usage) should
/// carry no `id`, for an id moves the point where a client resumes.
public struct SSEFrame: Sendable, Hashable {
    /// Where the client resumes after this frame, by `Last-Event-ID`. Line breaks and NULs are left out.
    public var id: String?
    /// The event's name; `message` to the client when nil. Line breaks are left out.
    public var event: String?
    /// The event's text; each of its lines becomes a `data:` line.
    public var data: String?
    /// How long the client waits before it connects again.
    public var retry: Duration?
    /// A line that clients ignore.
    public var comment: String?

    public init(id: String? = nil, event: String? = nil, data: String? = nil, retry: Duration? = nil, comment: String? = nil) {
        self.id = id
        self.event = event
        self.data = data
        self.retry = retry
        self.comment = comment
    }

    /// Keeps a quiet connection open and finds out when it is not.
    public static let heartbeat = SSEFrame(comment: "heartbeat")

    /// Appends the frame's bytes.
    public func write(to buffer: inout ByteBuffer) {
        if let comment { Self.writeLines(comment, prefix: ": ", to: &buffer) }
        if let retry {
            let (seconds, attoseconds) = retry.components
            Self.writeLine("\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)", prefix: "retry: ", to: &buffer)
        }
        if let id { Self.writeLine(id, prefix: "id: ", to: &buffer) }
        if let event { Self.writeLine(event, prefix: "event: ", to: &buffer) }
        if let data { Self.writeLines(data, prefix: "data: ", to: &buffer) }
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    // MARK: Lines

    /// One line, whatever the text holds: a line break in an id would begin a field that the writer did not mean.
    private static func writeLine(_ text: String, prefix: StaticString, to buffer: inout ByteBuffer) {
        buffer.writeStaticString(prefix)
        if text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) {
            buffer.writeBytes(text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 })
        } else {
            buffer.writeString(text)
        }
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    /// A line for each line of the text. The client joins them by LF, so CR and CRLF arrive as LF.
    private static func writeLines(_ text: String, prefix: StaticString, to buffer: inout ByteBuffer) {
        buffer.writeStaticString(prefix)
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            buffer.writeString(text)
            buffer.writeInteger(UInt8(ascii: "\n"))
            return
        }
        var wasReturn = false
        for byte in text.utf8 {
            if byte == 0x0A && wasReturn {
                wasReturn = false
                continue
            }
            wasReturn = byte == 0x0D
            if byte == 0x0A || byte == 0x0D {
                buffer.writeInteger(UInt8(ascii: "\n"))
                buffer.writeStaticString(prefix)
            } else {
                buffer.writeInteger(byte)
            }
        }
        buffer.writeInteger(UInt8(ascii: "\n"))
    }
}
