import Hummingbird
import Web

/// Responses in the background: made and kept, whoever reads them.
extension EmulatorResponder {
    /// Begins one, and answers as whoever asked wants to hear of it.
    ///
    /// How the script has a connection end is the end of this one; the Response goes on, and the rest is there for whoever comes back.
    func keep(
        _ answer: EmulatorAnswer, _ resolved: ResolvedAnswer, _ identity: AnswerIdentity, _ question: Question, _ exchange: EmulatorExchange,
        _ generator: inout SeededGenerator
    ) async throws -> Response {
        var made = answer
        switch answer.ending.kind {
        case .withoutDone, .withoutFinish, .reset, .open, .hang: made.ending = EmulatorEnding(.done)
        case .done, .malformed, .silent, .error: break
        }
        let course = EmulatorCourse(streaming: made, resolved, to: question, of: kind, using: &generator)
        try await exchange.reachHead(after: course.head)
        let writer = ResponsesWriter(identity, resolved, to: question, wire: answer.wire, padding: generator)
        let kept = KeptResponse(identity, isStreamed: question.streams, document: writer.latest)
        shelf.keep(kept) { await kept.make(course.acts, writer, on: self.clock) }
        guard question.streams else { return done(document(kept.document, identity), exchange.number) }
        return exchange.follow(Response(status: .ok, headers: headers.stream(identity)), kept, after: -1, ending: answer.ending)
    }

    /// - Throws: what the provider refuses.
    func answer(_ asked: KeptRequest, _ exchange: EmulatorExchange) throws(EmulatorError) -> Response {
        guard let kept = shelf.response(asked.id) else {
            throw EmulatorError(404, code: "response_not_found", message: "Response with id '\(asked.id)' not found.")
        }
        switch asked {
        case .show: break
        case .follow(_, let after):
            guard kept.isStreamed else {
                throw EmulatorError(400, message: "The response was not created with 'stream' and cannot be streamed.", param: "stream")
            }
            return exchange.follow(
                Response(status: .ok, headers: headers.stream(kept.identity)), kept, after: after, ending: EmulatorEnding(.done))
        case .cancel: kept.cancel()
        }
        return done(document(kept.document, kept.identity), exchange.number)
    }
}
