/// One event of a `text/event-stream`.
package struct SSEEvent: Sendable, Equatable {
    /// The `event:` field; `message` when there was none.
    package var type: String
    /// The `data:` lines, joined with line feeds.
    package var data: String
    /// The last `id:` seen in the stream, this event's or an earlier one's; empty when there was none.
    package var lastEventID: String

    package init(type: String = "message", data: String, lastEventID: String = "") {
        self.type = type
        self.data = data
        self.lastEventID = lastEventID
    }
}

/// Turns bytes of a `text/event-stream` into events, in whatever pieces the bytes come.
///
/// It follows the HTML standard's "Interpreting an event stream": lines end with LF, CR or CR LF and with nothing else (U+2028 is
/// text); a line is decoded as UTF-8 only once it is whole, so a character may be split over reads; one leading byte order mark is
/// skipped; an event without data is not dispatched; what is pending when the stream ends is no event.
///
/// A pure value: no I/O and no clock. Memory is bounded by ``Limits``.
package struct SSEDecoder: Sendable {
    /// What a stream may make the decoder hold.
    package struct Limits: Sendable, Equatable {
        /// Bytes of one line. 8 MiB holds an answer that comes whole in one line, and stops a stream without line ends.
        package var line: Int
        /// Bytes of the data of one event.
        package var event: Int

        package init(line: Int = 8 << 20, event: Int = 16 << 20) {
            self.line = line
            self.event = event
        }
    }

    /// The only thing that can be wrong with a stream: the standard gives every other sequence of bytes a meaning.
    package enum Fault: Error, Sendable, Equatable {
        case lineTooLong(limit: Int)
        case eventTooLong(limit: Int)
    }

    private let limits: Limits
    private var line: [UInt8] = []
    private var previousWasCarriageReturn = false
    private var isFirstLine = true

    private var type = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var lastEventID = ""

    /// The last `retry:` of the stream: how long a client should wait before it connects again, in milliseconds.
    package private(set) var retryMilliseconds: Int?
    /// Comment lines seen: what a proxy or provider sends to keep a connection alive. None of them is a sign of an answer.
    package private(set) var comments = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// True when the stream, ended here, would lose a line or an event that has begun.
    package var hasPartialEvent: Bool { !line.isEmpty || hasData || !type.isEmpty }

    /// Takes the next bytes of the stream and returns the events that they complete.
    package mutating func decode(_ bytes: some Sequence<UInt8>) throws(Fault) -> [SSEEvent] {
        var events: [SSEEvent] = []
        for byte in bytes {
            switch byte {
            case 0x0A where previousWasCarriageReturn:
                // The second half of CR LF: the line ended at the CR.
                previousWasCarriageReturn = false
            case 0x0A, 0x0D:
                previousWasCarriageReturn = byte == 0x0D
                if let event = try endLine() { events.append(event) }
            default:
                previousWasCarriageReturn = false
                guard line.count < limits.line else { throw .lineTooLong(limit: limits.line) }
                line.append(byte)
            }
        }
        return events
    }

    // MARK: Lines

    private mutating func endLine() throws(Fault) -> SSEEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return dispatch() }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
            try field(line[...], value: [])
            return nil
        }
        guard colon > 0 else {
            comments += 1
            return nil
        }
        var value = line[(colon + 1)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        try field(line[..<colon], value: value)
        return nil
    }

    private mutating func field(_ name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(Fault) {
        if name.elementsEqual("data".utf8) {
            guard data.count + value.count < limits.event else { throw .eventTooLong(limit: limits.event) }
            if hasData { data.append(0x0A) }
            hasData = true
            data.append(contentsOf: value)
        } else if name.elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        } else if name.elementsEqual("id".utf8) {
            if !value.contains(0) { lastEventID = String(decoding: value, as: UTF8.self) }
        } else if name.elementsEqual("retry".utf8) {
            if !value.isEmpty, value.allSatisfy({ (0x30...0x39).contains($0) }) {
                retryMilliseconds = Int(String(decoding: value, as: UTF8.self)) ?? retryMilliseconds
            }
        }
    }

    private mutating func dispatch() -> SSEEvent? {
        defer {
            type = ""
            data.removeAll(keepingCapacity: true)
            hasData = false
        }
        // One `data:` line without a value is data of length 0: by the standard its line feed is in the buffer, so it is dispatched.
        guard hasData else { return nil }
        return SSEEvent(type: type.isEmpty ? "message" : type, data: String(decoding: data, as: UTF8.self), lastEventID: lastEventID)
    }
}
