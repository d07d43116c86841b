import Foundation

/// Where in its provider's answer a step stands, as the log keeps it: written in the same step as the events that it stands behind.
struct RunAnchor: Codable, Sendable, Equatable {
    var step: Int
    var position: AnswerPosition

    init(step: Int, position: AnswerPosition) {
        self.step = step
        self.position = position
    }

    /// Nil for what is none, or one of a later release.
    init?(_ text: String) {
        guard let anchor = try? JSONDecoder().decode(RunAnchor.self, from: Data(text.utf8)) else { return nil }
        self = anchor
    }

    /// As the log keeps it. Empty, which is none, where it cannot be written.
    var text: String { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
}

/// What the log's Redis knows of a run for whoever goes on with it.
struct RunLogStanding: Sendable, Equatable {
    /// Behind the newest event that came from a provider that keeps its answer.
    var anchor: RunAnchor?
    /// The last event of a lost log that was being written again: one that does not reach it is a part.
    var reach: RunEventID?
}
