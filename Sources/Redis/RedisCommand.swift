/// A command: its name and its arguments, of which none is ever parsed as text.
public struct RedisCommand: Sendable, Equatable {
    /// The first word, `XADD`; sub-commands (`GROUP` of `XGROUP`) are arguments.
    public let name: String
    public let arguments: [RedisArgument]

    public init(_ name: String, _ arguments: RedisArgument...) {
        self.name = name
        self.arguments = arguments
    }

    public init(_ name: String, arguments: [RedisArgument]) {
        self.name = name
        self.arguments = arguments
    }
}
