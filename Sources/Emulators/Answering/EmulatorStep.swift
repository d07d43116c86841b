/// One thing that a stream says. Each wire's writer turns it into bytes; what the wire has no word for becomes none.
enum EmulatorStep: Sendable, Equatable {
    /// A comment, or a ping.
    case keepAlive
    /// What stands before the first piece.
    case begin
    case reasoning(String)
    case text(String)
    case refusal(String)
    case tool(ToolPiece)
    /// The reason why the model stopped; Chat Completions may carry the usage on it.
    case finish(EmulatorFinish, withUsage: Bool)
    /// A chunk for usage alone.
    case usage
    /// What says that the stream is whole.
    case done
    case failure(EmulatorError)
    /// A line that is no JSON.
    case malformed
    /// Lines as they are, and the empty one behind them.
    case frame([String])
}

/// A piece of a tool call.
struct ToolPiece: Sendable, Equatable {
    /// The call's place among the calls of the answer, from 0: for wires that number items themselves.
    var call: Int
    /// As Chat Completions write it; left out when nil.
    var index: Int?
    var id: String?
    var name: String?
    var arguments: String
    var isFirst = false
    var isLast = false
}

/// One thing that is done for a stream, in order.
enum EmulatorAct: Sendable, Equatable {
    case wait(Duration)
    case say(EmulatorStep)
    /// The first half of the step's bytes.
    case sayHalf(EmulatorStep)
    /// The body ends in order.
    case finish
    /// The socket is reset.
    case reset
    /// Nothing more is said until the client leaves.
    case hold
}
