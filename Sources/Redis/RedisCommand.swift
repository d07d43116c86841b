/// A command: its name and its arguments, of which none is ever parsed as text.
public struct RedisCommand: Sendable, Equatable {
    /// The first word, `XADD`; sub-commands (`GROUP` of `XGROUP`) are arguments.
    public let name: String
    /// What follows the name, in order.
    public let arguments: [RedisArgument]

    /// A command as it is written down: `RedisCommand("EXPIRE", "run:\(id)", 60)`.
    public init(_ name: String, _ arguments: RedisArgument...) {
        self.name = name
        self.arguments = arguments
    }

    /// A command whose arguments are counted at run time.
    public init(_ name: String, arguments: [RedisArgument]) {
        self.name = name
        self.arguments = arguments
    }
}
