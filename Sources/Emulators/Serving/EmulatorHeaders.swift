import HTTPTypes
import Web

/// The headers of answers, as the provider sends them.
struct EmulatorHeaders: Sendable {
    private let kind: EmulatorKind
    /// The same on every answer.
    private let constant: HTTPFields

    init(_ kind: EmulatorKind) {
        self.kind = kind
        var fields = HTTPFields()
        for (name, value) in Self.constant(kind) { fields[name] = value }
        constant = fields
    }

    func stream(_ identity: AnswerIdentity) -> HTTPFields {
        var fields = all(identity)
        fields[.contentType] = "text/event-stream; charset=utf-8"
        fields[.cacheControl] = "no-cache"
        fields[.accelBuffering] = "no"
        return fields
    }

    func document(_ identity: AnswerIdentity?) -> HTTPFields {
        var fields = identity.map(all) ?? constant
        fields[.contentType] = "application/json"
        return fields
    }

    func error(_ error: EmulatorError, requestID: String) -> HTTPFields {
        var fields = constant
        fields[.contentType] = "application/json"
        if let name = Self.requestIDName(kind) { fields[name] = requestID }
        if let seconds = error.retryAfter { fields[.retryAfter] = String(seconds) }
        for (name, value) in error.headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return fields
    }

    private func all(_ identity: AnswerIdentity) -> HTTPFields {
        var fields = constant
        if let name = Self.requestIDName(kind) { fields[name] = identity.requestID } else { fields[Self.generationID] = identity.id }
        return fields
    }

    private static let generationID = HTTPField.Name.literal("x-generation-id")

    /// OpenRouter names the answer and not the request.
    private static func requestIDName(_ kind: EmulatorKind) -> HTTPField.Name? {
        switch kind {
        case .openai: HTTPField.Name.requestID
        case .anthropic: HTTPField.Name.literal("request-id")
        case .openrouter: nil
        }
    }

    private static func constant(_ kind: EmulatorKind) -> [(HTTPField.Name, String)] {
        switch kind {
        case .openai:
            [
                (.literal("openai-version"), "2020-10-01"), (.literal("openai-organization"), "emulated"),
                (.literal("openai-processing-ms"), "1"), (.literal("x-ratelimit-limit-requests"), "10000"),
                (.literal("x-ratelimit-remaining-requests"), "9999"), (.literal("x-ratelimit-reset-requests"), "6ms"),
                (.literal("x-ratelimit-limit-tokens"), "2000000"), (.literal("x-ratelimit-remaining-tokens"), "1999000"),
                (.literal("x-ratelimit-reset-tokens"), "30ms"),
            ]
        case .anthropic:
            [
                (.literal("anthropic-organization-id"), "emulated"), (.literal("anthropic-ratelimit-requests-limit"), "4000"),
                (.literal("anthropic-ratelimit-requests-remaining"), "3999"),
                (.literal("anthropic-ratelimit-requests-reset"), "2030-01-01T00:00:00Z"),
                (.literal("anthropic-ratelimit-tokens-limit"), "480000"), (.literal("anthropic-ratelimit-tokens-remaining"), "479000"),
                (.literal("anthropic-ratelimit-tokens-reset"), "2030-01-01T00:00:00Z"),
            ]
        case .openrouter: []
        }
    }
}
