import HTTPTypes
import Hummingbird
import Web

/// A request of another API, read: the run that it asks for, and how the answer is to be told.
struct CompatibleRequest: Sendable, Equatable {
    /// Without its model and agent, which ``CompatibleModels`` finds by ``model``.
    var run: RunRequest
    /// As the client named it.
    var model: String
    /// Who is to answer: what is shown until an event of the run says it.
    var asked: RunAsked?
    /// The answer is told as it comes.
    var streams = false
    /// Chat: a last chunk tells the tokens.
    var includesUsage = false
    /// Messages: blocks of thinking are shown, because they were asked for.
    var showsThinking = false
    /// Responses: nobody waits for the answer at this request.
    var isBackground = false
    /// Responses: the id of the one whose conversation goes before ``input``, as the client wrote it.
    var previous: String?
    /// Responses: the index of the first message that the client asks; before it stand instructions.
    var input = 0
    /// Where what ``run`` holds was sent.
    var places = RunPlaces()

    /// - Throws: 422 with every fault that the run has by itself, each named by what the client sent.
    func check() throws {
        // What goes on with an earlier answer may add nothing to it.
        let own = run.faults.filter { previous == nil || !run.messages.isEmpty || $0.pointer != "/messages" }
        let faults = own.map { FieldFault(body: places.path(of: $0.pointer), "It \($0.detail).") }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
    }
}

extension InterruptionPolicy {
    /// The header `Mainstay-On-Interruption`; nil without it.
    ///
    /// - Throws: A 400 problem for another word.
    static func asked(by request: Request) throws -> InterruptionPolicy? {
        guard let field = request.headers[.onInterruption] else { return nil }
        guard let policy = Self(rawValue: field.lowercased()) else {
            let detail = "Send `incomplete` or `continue`."
            throw Problem.badRequest(
                "The header `Mainstay-On-Interruption` cannot be read. \(detail)",
                errors: [FieldFault(.header("mainstay-on-interruption"), detail)])
        }
        return policy
    }
}

extension HTTPField.Name {
    static let onInterruption = literal("mainstay-on-interruption")
    /// The run behind an answer, for `/v1/runs/{id}`.
    static let run = literal("mainstay-run")
    /// Sent by Anthropic's clients with every request.
    static let anthropicVersion = literal("anthropic-version")
    /// Where Anthropic's clients look for the request's id.
    static let anthropicRequestID = literal("request-id")
    /// Tells the official clients whether their own repetition makes sense.
    static let shouldRetry = literal("x-should-retry")
}
