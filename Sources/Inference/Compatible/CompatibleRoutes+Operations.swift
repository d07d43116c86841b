import Foundation
import HTTPTypes
import Web

/// What the routes of other APIs are, for the published description. The members are described where those APIs are.
extension CompatibleRoutes {
    private static let tag = "Compatible endpoints"

    private static let onInterruption = APIOperation.Parameter(
        "Mainstay-On-Interruption", in: .header, "What becomes of the run when its worker is lost after it has shown something.",
        schema: .string(oneOf: InterruptionPolicy.allCases.map(\.rawValue)))

    private static func creating(_ path: String, _ summary: String, _ members: JSONSchema, _ whole: String) -> APIOperation {
        APIOperation(
            .post, path, summary: summary,
            description: """
                For the official clients of that API: give them this server's address and a token as the key. The request makes a run like \
                `POST /v1/runs`; the answer's header `Mainstay-Run` names it. `model` is a model, or `owner/name` of an agent. Errors have that \
                API's shape. A run that was cut is an error, never an answer. `workspace_tools`, `memory`, `max_steps`, `agent` and `fallback` are \
                as in `POST /v1/runs`; calls of tools that the server carries out are not shown.
                """,
            tag: tag, scope: "runs:write", parameters: [.idempotencyKey, DisconnectPolicy.parameter, onInterruption],
            request: .init(members, limit: BodyLimit.generous),
            answers: [.init(.ok, "\(whole); with `stream` an event stream.", schema: .object([:]))], problems: [.notFound, .tooManyRequests])
    }

    static let chat = creating(
        "/v1/chat/completions", "Answer a conversation, as OpenAI's Chat Completions does",
        .object(
            ["model": .string(), "messages": .array(of: .object([:]), minItems: 1), "stream": .boolean], optional: ["stream"]),
        "A `chat.completion`")

    static let messages = creating(
        "/v1/messages", "Answer a conversation, as Anthropic's Messages does",
        .object(
            ["model": .string(), "max_tokens": .integer(minimum: 1), "messages": .array(of: .object([:]), minItems: 1), "stream": .boolean],
            optional: ["stream"]),
        "A `message`")

    static let responses = creating(
        "/v1/responses", "Answer a conversation, as OpenAI's Responses does",
        .object(
            [
                "model": .string(), "input": .oneOf([.string(), .array(of: .object([:]))]), "stream": .boolean,
                "background": .boolean, "previous_response_id": .string("The response whose conversation goes before the input."),
                "store": .boolean,
            ], optional: ["stream", "background", "previous_response_id", "store"]),
        "A `response`")

    static let response = APIOperation(
        .get, "/v1/responses/{id}", summary: "Show a response, or follow it",
        description: "With `stream=true` its events from the first or from behind `starting_after`, during the run or at any time after it.",
        tag: tag, scope: "runs:read",
        parameters: [
            .init("id", in: .path, "`resp_` and the run's id."), .init("stream", in: .query, "Follow it.", schema: .boolean),
            .init("starting_after", in: .query, "The last `sequence_number` that was seen.", schema: .integer(minimum: 0)),
        ],
        answers: [.init(.ok, "The `response` as far as it has come; with `stream` an event stream.", schema: .object([:]))], problems: [.notFound])

    static let cancelling = APIOperation(
        .post, "/v1/responses/{id}/cancel", summary: "Cancel a response",
        description: "Repeating it changes nothing. What was over stays what it is.", tag: tag, scope: "runs:write",
        parameters: [.init("id", in: .path, "`resp_` and the run's id.")], request: .action,
        answers: [.init(.ok, "The `response`, `cancelled` as soon as the run has ended.", schema: .object([:]))], problems: [.notFound])

    static let modelList = APIOperation(
        .get, "/v1/models", summary: "List models and agents",
        description: "In OpenAI's form, or in Anthropic's for a request with `anthropic-version`.", tag: tag, scope: "runs:read",
        answers: [.init(.ok, "What `model` may name.", schema: .object([:]))])

    static let model = showing("/v1/models/{model}")
    static let modelOfTwoWords = showing("/v1/models/{model}/{name}")

    private static func showing(_ path: String) -> APIOperation {
        APIOperation(
            .get, path, summary: "Show a model or an agent", tag: tag, scope: "runs:read",
            answers: [.init(.ok, "It exists.", schema: .object([:]))], problems: [.notFound])
    }
}
