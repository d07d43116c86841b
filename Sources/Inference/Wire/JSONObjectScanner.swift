/// Follows the text of one JSON object over fragments and says where it ends, without building values.
///
/// Tool arguments come in pieces that may split an escape, a surrogate pair or a character; only brackets and strings matter for the
/// end, and all of them are single ASCII bytes, so any split is safe.
struct JSONObjectScanner {
    private enum State { case start, inside, done }

    private var state = State.start
    private var depth = 0
    private var inString = false
    private var escaped = false

    /// The bracket that opened the value has been closed.
    var isComplete: Bool { state == .done }

    /// Takes the next fragment; returns the part that belongs to the value and the part that lies behind its end.
    ///
    /// White space before the value belongs to it, white space behind it is dropped. A text that does not begin with a bracket never
    /// completes: it belongs to the value as a whole, and whoever needs JSON checks it.
    mutating func take(_ fragment: String) -> (value: String, surplus: String) {
        var index = fragment.utf8.startIndex
        let end = fragment.utf8.endIndex
        while index < end, state != .done {
            step(fragment.utf8[index])
            index = fragment.utf8.index(after: index)
        }
        let surplus = fragment[index...].drop(while: \.isWhitespace)
        return (String(fragment[..<index]), String(surplus))
    }

    private mutating func step(_ byte: UInt8) {
        if inString {
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "\"") {
                inString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            state = .inside
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            if state == .inside, depth <= 0 { state = .done }
        case UInt8(ascii: "\""):
            inString = true
        default:
            break
        }
    }
}
