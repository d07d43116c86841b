import Foundation
import Jobs
import Web

/// How another API asks for an answer and tells one: three pure functions and a state machine. Adding an API is one folder with a type of
/// this protocol and a route in ``CompatibleRoutes``.
protocol CompatibleShape {
    associatedtype Encoder: AnswerEncoder

    /// - Throws: A 400 problem that names the member, for what is wrong and for what would be answered wrongly.
    static func decode(_ document: JSONValue) throws -> CompatibleRequest

    /// Tells the run's answer as it comes.
    static func encoder(run: UUID, for request: CompatibleRequest) -> Encoder

    /// Tells a whole answer. Its ending has no fault.
    static func whole(_ answer: AnswerParts, run: UUID, for request: CompatibleRequest) -> JSONValue
}

/// Renders a run's events as frames of another API's stream. A value, and a function of the events: it knows no time and no connection.
protocol AnswerEncoder: Sendable {
    /// What is sent into silence.
    static var heartbeat: SSEFrame { get }

    /// The frames of the run's next event, in order; none for what this wire does not show.
    mutating func frames(for event: RunEvent) -> [SSEFrame]
}

extension AnswerEncoder {
    mutating func frames(for events: [RunEvent]) -> [SSEFrame] {
        var frames: [SSEFrame] = []
        for event in events { frames += self.frames(for: event) }
        return frames
    }
}

extension RunMessage {
    /// It is the system's or the model's, and holds neither words nor calls.
    ///
    /// OpenAI's APIs take such a message, and a client that sends back what it was answered has one for each answer without a text. A run
    /// cannot carry it, and misses nothing without it. What the user did not say is a fault.
    var saysNothing: Bool {
        switch role {
        case .system, .developer: isBlank
        case .assistant: isBlank && (toolCalls ?? []).isEmpty
        case .user, .tool: false
        }
    }
}

/// Words that all shapes share.
enum CompatibleWords {
    /// Seconds since 1970 of a run's acceptance, as its id tells: the same at every replay.
    static func created(_ run: UUID) -> JSONValue { .integer(run.version7Milliseconds / 1_000) }

    /// Who answers: the agent, where one speaks, else the model as the provider was asked for it. It comes from the run's first event, so that
    /// a replay without the request says the same.
    static func model(_ answer: AnswerParts, asked: String? = nil) -> JSONValue {
        .string(answer.started.map { $0.agent ?? $0.model } ?? asked ?? "unknown")
    }

    static func text(_ document: JSONValue) -> String { String(decoding: document.bytes(), as: UTF8.self) }
}
