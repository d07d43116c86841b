/// A memory was written. It and this event were committed together before the log told of it, so it is never seen without being
/// stored; and it is in the log once, whatever became of the worker.
package struct MemoryWriteEvent: Sendable, Equatable {
    package enum Operation: String, Sendable, Equatable, CaseIterable {
        /// A memory without a name, or the first of its name where the write asked for that.
        case create
        /// A memory that was there got another content.
        case update
        /// A memory of this name is there now with this content, whether it was before or not.
        case upsert
        case delete
    }

    package var operation: Operation
    /// The memory's id, lower case.
    package var memory: String
    /// This event's own id, lower case: what a reader knows it by, beside its place in the log.
    package var event: String
    /// Who remembers: `agent` or `workspace`.
    package var scope: String
    package var kind: String?
    /// What is remembered; nil for a memory that was deleted.
    package var content: String?

    package init(_ operation: Operation, memory: String, event: String, scope: String, kind: String? = nil, content: String? = nil) {
        self.operation = operation
        self.memory = memory
        self.event = event
        self.scope = scope
        self.kind = kind
        self.content = content
    }
}

/// What a tool call came to, whoever carried it out.
package struct ToolResult: Sendable, Equatable {
    /// UTF-8 bytes of ``output`` in an event. The model is given the whole; a reader sees what it was about.
    package static let outputLimit = 16 << 10

    /// The index, id and name of the call.
    package var index: Int
    package var id: String
    package var name: String
    /// What the model is told, cut to ``outputLimit``.
    package var output: String
    /// The call failed; `output` says why.
    package var isError: Bool

    package init(index: Int, id: String, name: String, output: String, isError: Bool = false) {
        self.index = index
        self.id = id
        self.name = name
        self.output = output
        self.isError = isError
    }

    /// The result of a call, its output cut to what an event holds.
    package init(of call: ToolCall, output: String, isError: Bool) {
        self.init(index: call.index, id: call.id, name: call.name, output: Self.bounded(output), isError: isError)
    }

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > outputLimit else { return text }
        // Cut between characters, not within one.
        var end = text.utf8.index(text.startIndex, offsetBy: outputLimit - 3)
        while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }
}

/// The run waits for its client.
package struct RunPause: Sendable, Equatable {
    /// Ids of the calls whose results are waited for, in the order of their indices.
    package var calls: [String]
    /// When the wait ends, RFC 3339 in UTC; the run is `incomplete: tool_timeout` then.
    package var until: String

    package init(calls: [String], until: String) {
        self.calls = calls
        self.until = until
    }
}
