import Foundation
import Jobs
import Postgres

/// A tool that the server itself carries out. Its name is what models call it by: letters, digits, dashes and underscores.
protocol ServerTool: Sendable {
    var definition: ToolDefinition { get }
    /// Who answers, for metrics.
    var origin: RunMetrics.ToolPlace { get }

    /// Carries out one call. Calls of one step are carried out side by side.
    ///
    /// - Throws: ``ToolFault`` for what the model is to be told; `CancellationError`; whatever else is thrown ends the attempt.
    func call(_ call: ToolCall, in place: ToolPlace) async throws -> ToolOutcome
}

extension ServerTool {
    var origin: RunMetrics.ToolPlace { .builtin }
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

    /// Times that a commit is tried. A worker that goes on must not lose what it has shown to a database that is restarting.
    private static let tries = 6

    /// Does what may be done twice until it succeeds, while the database is away.
    ///
    /// - Throws: the last error; `CancellationError`.
    func persisting<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        try await Self.persisting(clock, body)
    }

    /// The same where no tool is called.
    static func persisting<R: Sendable>(_ clock: any Clock<Duration>, _ body: @Sendable () async throws -> R) async throws -> R {
        var pause = Duration.milliseconds(100)
        for _ in 1..<tries {
            do {
                return try await body()
            } catch let error as PostgresError where error.isRetryable || error.commitUnknown {
                try Task.checkCancellation()
                try await clock.sleep(for: pause)
                pause *= 2
            }
        }
        return try await body()
    }
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
