import NIOCore

/// Cuts what is written at given places of the body, whatever stands there: inside of a character, between CR and LF.
struct ByteSplitter: Sendable {
    private let every: Int?
    /// Ascending, each once.
    private let offsets: [Int]
    private var position = 0
    /// The first of `offsets` that is not behind us.
    private var next = 0

    init(_ wire: EmulatorWire) {
        every = wire.splitEvery
        offsets = Set(wire.splitAt).filter { $0 > 0 }.sorted()
    }

    /// Whether everything is written as it comes.
    var isIdle: Bool { every == nil && next >= offsets.count }

    /// The writes that the buffer becomes.
    mutating func split(_ buffer: ByteBuffer) -> [ByteBuffer] {
        var rest = buffer
        guard !isIdle else {
            position += rest.readableBytes
            return rest.readableBytes > 0 ? [rest] : []
        }
        var parts: [ByteBuffer] = []
        while rest.readableBytes > 0 {
            let size = min(rest.readableBytes, room())
            guard let part = rest.readSlice(length: size) else { break }
            parts.append(part)
            position += size
        }
        return parts
    }

    /// How many bytes go before the next cut; at least one.
    private mutating func room() -> Int {
        while next < offsets.count, offsets[next] <= position { next += 1 }
        let toOffset = next < offsets.count ? offsets[next] - position : Int.max
        let toMultiple = every.map { $0 - position % $0 } ?? Int.max
        return min(toOffset, toMultiple)
    }
}
