/// A reply of the server in RESP2.
///
/// A bulk string keeps its bytes as they came: a payload need not be text, and text is made only for what the caller reads as text.
public enum RedisValue: Sendable, Equatable {
    /// The null bulk string and the null array, which RESP2 tells apart and no caller needs to.
    case null
    /// A status line such as `OK`.
    case simple(String)
    /// An error reply, with its prefix: `NOGROUP No such key …`.
    case error(String)
    /// A whole number: a count, a flag.
    case integer(Int)
    /// A byte string of any content.
    case bulk([UInt8])
    /// Replies in order; an error may be among them.
    case array([RedisValue])
}

extension RedisValue {
    /// The text of a status line or of a bulk string; nil for every other reply, and for bytes that are not UTF-8.
    public var string: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .null, .error, .integer, .array: nil
        }
    }

    /// The bytes of a bulk string or of a status line.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simple(let text): Array(text.utf8)
        case .null, .error, .integer, .array: nil
        }
    }

    /// An integer reply, or a bulk string that is a decimal integer and nothing else (`HGET` of a counter).
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .bulk(let bytes): Self.decimal(bytes)
        case .null, .simple, .error, .array: nil
        }
    }

    /// The elements of an array reply.
    public var array: [RedisValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// Whether there is no value: a key that does not exist, a blocking read that ended empty.
    public var isNull: Bool {
        self == .null
    }

    /// Parses without a String in between: stream fields and counters are read by the thousand.
    private static func decimal(_ bytes: [UInt8]) -> Int? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = bytes.dropFirst(isNegative ? 1 : 0)
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = Int(byte - UInt8(ascii: "0"))
            // Accumulated on the negative side, which holds one value more: Int.min must parse too.
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.subtractingReportingOverflow(digit)
            guard !overflow, !carry else { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == Int.min ? nil : -value
    }
}
