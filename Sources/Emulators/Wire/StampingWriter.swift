import NIOCore

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
