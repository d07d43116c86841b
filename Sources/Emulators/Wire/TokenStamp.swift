import NIOCore

/// The moment at which a piece of text was written, as it stands behind the piece: `@86400123456789;`.
///
/// Nanoseconds of the machine's monotonic clock: it is one for all processes of the machine, nobody sets it, and it means nothing on
/// another machine. Nothing in a stamp is escaped by JSON, so whoever reads the stream finds it without decoding.
package enum TokenStamp {
    /// The time as stamps have it, for who compares.
    package static func now() -> Int64 {
        // CLOCK_MONOTONIC on Linux, the time since the start on Darwin.
        Int64(clamping: NIODeadline.now().uptimeNanoseconds)
    }

    static func text(_ time: Int64) -> String { "@\(time);" }
}

/// A writer that stamps each piece of text with the moment in which its bytes are made, and that is just before they are sent.
///
/// So it is no value as the others are: the same steps give other stamps.
struct StampingWriter: EmulatorWriter {
    private var writer: any EmulatorWriter
    private let now: @Sendable () -> Int64

    init(_ writer: any EmulatorWriter, now: @escaping @Sendable () -> Int64 = { TokenStamp.now() }) {
        self.writer = writer
        self.now = now
    }

    mutating func write(_ step: EmulatorStep, to buffer: inout ByteBuffer) {
        guard case .text(let text) = step else { return writer.write(step, to: &buffer) }
        writer.write(.text(text + TokenStamp.text(now())), to: &buffer)
    }
}
