import Foundation
import HTTPTypes
import Web

/// `previous_response_id`: what an earlier response was asked and what it answered goes before a request's own input.
///
/// | the earlier response | answer |
/// |---|---|
/// | completed, or cut by a bound of tokens or a filter | goes before the input, with those that it went on from itself |
/// | goes on | 409 `previous_response_in_progress`: ask again when it is over |
/// | failed, was cancelled, or was interrupted | 400 `previous_response_not_usable`: what was written of it is no answer |
/// | was not to be kept (`store: false`), is none, or is another workspace's | 404 `previous_response_not_found` |
/// | and all before it are more than a request may hold | 400 `conversation_too_long` |
///
/// Its instructions are left out: those of a request are its own.
struct ResponseConversation: Sendable {
    let reader: RunReader

    /// Puts the conversation before the request's input, if it names one.
    ///
    /// - Throws: A problem, as in the table.
    func extend(_ request: inout CompatibleRequest, workspace: UUID) async throws {
        guard let id = request.previous else { return }
        let messages = try await self.messages(upTo: id, workspace: workspace)
        request.run.messages.insert(contentsOf: messages.earlier, at: request.input)
        if let start = request.run.turn?.start { request.run.turn?.start = start + messages.earlier.count }
        // What is not kept goes on from something all the same.
        if request.run.turn == nil { request.run.turn = ConversationTurn() }
        request.run.turn?.previous = messages.run
        let size = request.run.messages.reduce(0) { $0 + $1.size }
        let images = request.run.messages.reduce(0) { $0 + $1.images.count }
        guard size <= BodyLimit.generous, request.run.messages.count <= RunRequest.Bounds.messages, images <= RunRequest.Bounds.images else {
            throw Self.tooLong(id)
        }
    }

    private func messages(upTo id: String, workspace: UUID) async throws -> (run: UUID, earlier: [RunMessage]) {
        guard let run = ResponsesShape.run(id), let situation = try await reader.situation(of: run, workspace: workspace) else {
            throw Self.unknown(id)
        }
        switch situation {
        case .waiting: throw Self.inProgress(id)
        case .begun(let row):
            guard row.state.isFinished else { throw Self.inProgress(id) }
            guard row.state == .completed || row.incompleteReason == .maxOutputTokens || row.incompleteReason == .contentFilter else {
                throw Self.unusable(id)
            }
        }
        do {
            let turns = try await reader.store.turns(upTo: run, workspace: workspace)
            guard !turns.isEmpty else { throw Self.unknown(id) }
            let messages = try turns.flatMap { turn -> [RunMessage] in
                let events = try turn.events.compactMap { try RunEvent(payload: $0.payload) }
                return turn.messages + TurnTranscript(events).messages
            }
            return (run, messages)
        } catch is RunStore.ConversationTooLong {
            throw Self.tooLong(id)
        }
    }

    // MARK: Problems

    private static func problem(_ status: HTTPResponse.Status, _ name: String, _ detail: String) -> Problem {
        Problem(
            status, name: name, title: "The response cannot be gone on from", detail: detail,
            errors: [FieldFault(body: ["previous_response_id"], detail)])
    }

    private static func unknown(_ id: String) -> Problem {
        problem(.notFound, "previous-response-not-found", "There is no response `\(id)` here, or it was not to be kept (`store`).")
    }

    private static func inProgress(_ id: String) -> Problem {
        problem(.conflict, "previous-response-in-progress", "The response `\(id)` goes on. Ask again when it is over.")
    }

    private static func unusable(_ id: String) -> Problem {
        problem(.badRequest, "previous-response-not-usable", "The response `\(id)` has no answer to go on from: it failed, was cancelled or cut.")
    }

    private static func tooLong(_ id: String) -> Problem {
        problem(
            .badRequest, "conversation-too-long",
            "The conversation up to `\(id)` and this input are more than a request may hold. Begin anew, with what matters in `input`.")
    }
}

extension RunMessage {
    /// Bytes of what it says.
    fileprivate var size: Int {
        content.utf8.count + images.reduce(0) { $0 + $1.url.utf8.count }
            + (toolCalls ?? []).reduce(0) { $0 + $1.function.name.utf8.count + $1.function.arguments.utf8.count }
    }
}
