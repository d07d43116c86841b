/// What every part of one answer repeats.
struct AnswerIdentity: Sendable, Equatable {
    let kind: EmulatorKind
    let id: String
    /// Seconds since 1970.
    let created: Int
    let model: String
    /// The provider's name for the request, in a header.
    let requestID: String

    init(_ question: Question, of kind: EmulatorKind, created: Int, using generator: inout SeededGenerator) {
        self.kind = kind
        self.created = created
        model = question.model
        id =
            switch (kind, question.shape) {
            case (.openrouter, _): "gen-\(created)-\(generator.letters(20))"
            case (_, .chat): "chatcmpl-\(generator.letters(29))"
            case (_, .responses): "resp_\(generator.letters(40))"
            case (_, .messages): "msg_01\(generator.letters(22))"
            }
        requestID = "req_\(generator.letters(24))"
    }
}
