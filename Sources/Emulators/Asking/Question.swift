/// What a request asks, whichever wire it came by.
struct Question: Sendable, Equatable {
    var shape: EmulatorShape
    var model: String
    var streams = false
    /// Whether Chat Completions are to end with a chunk of usage.
    var includesUsage = false
    /// Whether OpenAI's padding is wanted; it is unless it is declined.
    var pads = true
    /// The limit of output, when one is named.
    var outputLimit: Int?
    /// The text of the user's last message.
    var lastUser = ""
    /// What tools brought, when that is the last thing in the conversation.
    var toolResults: [String] = []
    /// The names of the tools that may be called.
    var tools: [String] = []
    /// Of all messages, for the count of tokens.
    var characters = 0
    /// The answer is made whether somebody reads it or not, and is kept (Responses).
    var isBackground = false
}

extension Question {
    /// One message as the wires have it in common.
    struct Turn: Equatable {
        enum Role: Equatable { case user, assistant, tool, other }
        var role: Role
        var text: String
    }

    /// Takes from the conversation what an answer depends on.
    mutating func read(_ turns: [Turn]) {
        characters = turns.reduce(0) { $0 + $1.text.count }
        lastUser = turns.last { $0.role == .user }?.text ?? ""
        toolResults = turns.reversed().prefix { $0.role == .tool }.reversed().map(\.text)
    }
}
