/// One argument of a command. Redis knows only byte strings; the cases spare the caller a conversion.
///
/// Literals and interpolated strings are arguments as they stand: `RedisCommand("EXPIRE", "run:\(id)", 60)`. Whatever is interpolated
/// stays inside this one argument: arguments are sent with their length and are never parsed.
public enum RedisArgument: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringInterpolation {
    case string(String)
    case bytes([UInt8])
    case integer(Int)

    public init(stringLiteral value: String) {
        self = .string(value)
    }

    public init(integerLiteral value: Int) {
        self = .integer(value)
    }

    /// An upper bound of the bytes the argument takes, exact for text and bytes; 20 characters hold every 64-bit integer.
    var byteBound: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .integer: 20
        }
    }
}
