import Foundation
import Jobs
import Postgres

/// A tool that the server itself carries out. Its name is what models call it by: letters, digits, dashes and underscores.
protocol ServerTool: Sendable {
    var definition: ToolDefinition { get }
    /// Who answers, for metrics.
    var origin: RunMetrics.ToolOrigin { get }
    /// Whether a call may be carried out once more by whoever goes on with a run whose worker was lost during it: it reads only, or
    /// knows the call again by its run, step and id. Of any other the model is told that nobody knows what came of it.
    var isRepeatable: Bool { get }

    /// Carries out one call. Calls of one step are carried out side by side.
    ///
    /// - Throws: ``ToolFault`` for what the model is to be told; `CancellationError`; whatever else is thrown ends the attempt.
    func call(_ call: ToolCall, in place: ToolPlace) async throws -> ToolOutcome
}

extension ServerTool {
    var origin: RunMetrics.ToolOrigin { .builtin }
    var isRepeatable: Bool { false }
}

/// Where in which run something is done.
struct RunPlace: Sendable, Equatable {
    var identity: RunIdentity
    /// Of the attempt that does it.
    var epoch: UInt64
    var step: Int
    /// The agent that speaks, if one does.
    var agent: UUID?
}

/// Where a tool is called, and what it may use there.
struct ToolPlace: Sendable {
    var run: RunPlace
    var context: RunContext
    var clock: any Clock<Duration>

    /// See ``Persistence/persisting(on:_:)``.
    func persisting<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R { try await Persistence.persisting(on: clock, body) }
}

/// What a call came to.
struct ToolOutcome: Sendable, Equatable {
    /// What the model is told.
    var output: String
    var isError = false
    /// What was stored meanwhile, for the log to tell.
    var writes: [MemoryWriteEvent] = []

    /// The call could not be carried out as it was made.
    init(_ fault: ToolFault) {
        output = fault.message
        isError = true
    }

    init(output: String, isError: Bool = false, writes: [MemoryWriteEvent] = []) {
        self.output = output
        self.isError = isError
        self.writes = writes
    }

    /// As a message of the conversation. Not every provider can mark a result as an error, so the text says it.
    func message(for call: ToolCall) -> RunMessage {
        RunMessage(.tool, isError ? "error: \(output)" : output, name: nil, toolCallID: call.id)
    }
}
