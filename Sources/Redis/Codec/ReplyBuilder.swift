/// Puts the parts of replies together in the order in which the parser meets them.
///
/// hiredis reports an array before its elements and never says that an array is complete, so the builder counts. Nothing is copied
/// twice: a bulk string goes from the parser's buffer into its `[UInt8]`, an array grows in place and is moved into its parent.
///
/// A struct that the parser's C callbacks reach through a pointer: as a class it would be retained and checked for exclusive access
/// with every part, which took a quarter of the time of a large reply.
struct ReplyBuilder {
    private struct Frame {
        var missing: Int
        var elements: [RedisValue]
    }

    /// The innermost array that is not complete; `missing` is 0 outside of any array.
    private var current = Frame(missing: 0, elements: [])
    /// The arrays around it, outermost first.
    private var outer: [Frame] = []
    private var complete: RedisValue?

    /// Room is made ahead for no more than this: a header that announces a billion elements must not cost memory before they come.
    private static let reservedElements = 1_024

    init() {
        // hiredis reads nine levels at most, the ninth of which holds no array.
        outer.reserveCapacity(8)
    }

    mutating func append(_ value: consuming RedisValue) {
        guard current.missing > 0 else {
            complete = value
            return
        }
        current.elements.append(value)
        current.missing -= 1
        if current.missing == 0 { closeArray() }
    }

    mutating func beginArray(count: Int) {
        guard count > 0 else { return append(.array([])) }
        if current.missing > 0 { outer.append(current) }
        current = Frame(missing: count, elements: [])
        current.elements.reserveCapacity(min(count, Self.reservedElements))
    }

    /// The reply that has become complete, once.
    mutating func takeReply() -> RedisValue? {
        defer { complete = nil }
        return complete
    }

    private mutating func closeArray() {
        let array = RedisValue.array(current.elements)
        current = outer.popLast() ?? Frame(missing: 0, elements: [])
        append(array)
    }
}
