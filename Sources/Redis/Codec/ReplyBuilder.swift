/// Puts the parts of replies together in the order in which the parser meets them.
///
/// hiredis reports an array before its elements and never says that an array is complete, so the builder counts. Nothing is copied
/// twice: a bulk string goes from the parser's buffer into its `[UInt8]`, an array grows in place and is moved into its parent.
///
/// A class, because the parser's C callbacks reach it through a pointer. Not Sendable: it stays on one event loop.
final class ReplyBuilder {
    private struct Frame {
        var missing: Int
        var elements: [RedisValue]
    }

    private var frames: [Frame] = []
    private var complete: RedisValue?

    /// Room is made ahead for no more than this: a header that announces a billion elements must not cost memory before they come.
    private static let reservedElements = 1_024

    init() {
        // hiredis reads nine levels at most, the ninth of which holds no array.
        frames.reserveCapacity(9)
    }

    func append(_ value: RedisValue) {
        var value = value
        while let last = frames.indices.last {
            frames[last].elements.append(value)
            frames[last].missing -= 1
            guard frames[last].missing == 0 else { return }
            value = .array(frames.removeLast().elements)
        }
        complete = value
    }

    func beginArray(count: Int) {
        guard count > 0 else { return append(.array([])) }
        var elements: [RedisValue] = []
        elements.reserveCapacity(min(count, Self.reservedElements))
        frames.append(Frame(missing: count, elements: elements))
    }

    /// The reply that has become complete, once.
    func takeReply() -> RedisValue? {
        defer { complete = nil }
        return complete
    }
}
