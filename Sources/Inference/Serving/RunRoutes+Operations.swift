import Foundation
import HTTPTypes
import Web

/// What the routes of this feature are, for the published description.
extension RunRoutes {
    static let create = APIOperation(
        .post, "/v1/runs", summary: "Run a conversation through a model", tag: "Runs", scope: "runs:write",
        parameters: [.idempotencyKey],
        request: .init(.named("NewRun", newRun), limit: BodyLimit.generous),
        answers: [
            .init(
                .accepted, "Accepted. The run has the id of its job.",
                schema: .named(
                    "AcceptedRun",
                    .object([
                        "id": .uuid, "kind": .string(),
                        "state": .string("The job's: `queued`; of a repeated request what became of it meanwhile, as `GET /v1/jobs/{id}` tells."),
                        "url": .string("Where to ask for the job's state."),
                        "run_url": .string("The run."), "events_url": .string("Its events, as they come."),
                    ])))
        ], problems: [.tooManyRequests])

    static let show = APIOperation(
        .get, "/v1/runs/{id}", summary: "Show a run",
        description: "`text` is there once the run has finished; until then follow its events. `steps` are those that are over.",
        tag: "Runs", scope: "runs:read", answers: [.init(.ok, "The run.", schema: run)], problems: [.notFound])

    static let events = APIOperation(
        .get, "/v1/runs/{id}/events", summary: "Follow a run's events",
        description: """
            An event stream, from the run's first event or from behind a cursor, to its terminal event, during the run or at any time after it. \
            What is replayed is the same bytes under the same ids as what was live. Each event has an id; heartbeats (comments) and `gap` have none. \
            A `gap` tells of events that are no longer kept. A stream that ends without a terminal event was cut: come back with the last id. \
            Closing the stream does not cancel the run, unless its request says so, which needs the scope `runs:write`.
            """,
        tag: "Runs", scope: "runs:read",
        parameters: [
            .lastEventID, .init("after", in: .query, "The same as `Last-Event-ID`, for clients that cannot send it; the header wins."),
            DisconnectPolicy.parameter,
        ],
        answers: [
            .init(
                .ok, "Frames of `id`, `event` (the type) and `data`, a JSON object: \(eventTypes.map { "`\($0)`" }.joined(separator: ", ")).",
                schema: stream, contentType: "text/event-stream"),
            .init(.noContent, "The run is over and the cursor is at its end: do not come back."),
        ], problems: [.notFound])

    static let cancel = APIOperation(
        .post, "/v1/runs/{id}/cancel", summary: "Cancel a run",
        description: "The wish is kept, also for a run that has not begun. The run ends with `run.cancelled`, unless it was whole already.",
        tag: "Runs", scope: "runs:write", parameters: [.idempotencyKey], request: .action,
        answers: [.init(.accepted, "The run will be cancelled.", schema: run), .init(.ok, "The run was over.", schema: run)], problems: [.notFound])

    /// Every type that a stream may carry, in the order of a run.
    static let eventTypes = [
        "run.started", "run.resumed", "step.started", "text.delta", "reasoning.delta", "refusal.delta", "tool_call.delta",
        "tool_call.completed", "usage", "step.finished", "memory.written", "tool.result", "run.paused", "run.completed", "run.incomplete",
        "run.failed", "run.cancelled",
    ]

    private static let stream = JSONSchema.named(
        "RunEventStream",
        .string("Server-sent events. The `data` of each is as the JSON Schema at `\(RunEventContract.path)` says, under the name of its type."))

    private static let newRun = JSONSchema.object(
        [
            "messages": .array(of: message, minItems: 1, maxItems: RunRequest.Bounds.messages),
            "agent": .string("`owner/name` of an agent, or the id or name of one of this workspace. Its character becomes the system prompt."),
            "model": .string("A model, or `provider/model`; the default provider's own when absent."),
            "tools": .array(of: tool, maxItems: RunRequest.Bounds.tools),
            "metadata": .map(of: .string(maxLength: RunRequest.Bounds.metadataValue)),
            "max_steps": .integer(
                "Calls of the model at most; when absent 1, and 8 with `memory` or `workspace_tools`. With more than one the run pauses for results of your tools.",
                minimum: 1, maximum: Int64(RunRequest.Bounds.steps)),
            "memory": .boolean,
            "workspace_tools": .array(
                of: .string("The name of a tool of the workspace that the model is offered; `*` for all."), maxItems: RunRequest.Bounds.tools),
            "options": options,
            "fallback": .array(of: .string("A model to ask when the one before fails and nothing was shown."), maxItems: RunRequest.Bounds.fallback),
            "on_interruption": .string(
                """
                What becomes of the run when its worker is lost after it has shown something: it ends as `incomplete`, which is what happens \
                without a word, or another worker goes on where that is exact.
                """, oneOf: InterruptionPolicy.allCases.map(\.rawValue)),
        ], optional: ["agent", "model", "tools", "metadata", "max_steps", "memory", "workspace_tools", "options", "fallback", "on_interruption"])

    private static let options = JSONSchema.object(
        [
            "max_output_tokens": .integer("Tokens of the answer at most.", minimum: 1), "temperature": .number(), "top_p": .number(),
            "stop": .array(of: .string("A text before which the answer ends.")), "tool_choice": .any, "parallel_tool_calls": .boolean,
            "reasoning_effort": .string("\(GenerationOptions.efforts.joined(separator: ", "))."), "response_format": .any,
        ],
        optional: [
            "max_output_tokens", "temperature", "top_p", "stop", "tool_choice", "parallel_tool_calls", "reasoning_effort", "response_format",
        ])

    /// Of the text, or of the images in messages of the user and of tools.
    private static let part = JSONSchema.oneOf([
        .object(["type": .string(oneOf: ["text"]), "text": .string()]),
        .object([
            "type": .string(oneOf: ["image_url"]),
            "image_url": .object(
                [
                    "url": .string("An address, which the provider fetches, or data:TYPE;base64,… of an image in JPEG, PNG, GIF or WebP."),
                    "detail": .string(oneOf: MessageImage.details),
                ], optional: ["detail"]),
        ]),
    ])

    private static let message = JSONSchema.named(
        "Message",
        .object(
            [
                "role": .string(oneOf: RunMessage.Role.allCases.map(\.rawValue)),
                "content": .oneOf([.string(), .array(of: part)]),
                "name": .string(), "tool_call_id": .string("The call that a tool's message answers."),
                "tool_calls": .array(
                    of: .object([
                        "id": .string(), "type": .string(oneOf: ["function"]), "function": .object(["name": .string(), "arguments": .string()]),
                    ])),
            ], optional: ["content", "name", "tool_call_id", "tool_calls"]))

    private static let tool = JSONSchema.named(
        "Tool",
        .object(
            [
                "name": .string(minLength: 1, maxLength: RunRequest.Bounds.name, pattern: "^[A-Za-z0-9_-]+$"), "description": .string(),
                "parameters": .object([:], description: "A JSON Schema."),
            ], optional: ["description", "parameters"]))

    /// A call of the model.
    private static let step = JSONSchema.named(
        "RunStep",
        .object(
            [
                "step": .integer("1 is the first."), "state": .string(oneOf: RunState.allCases.filter(\.isFinished).map(\.rawValue)),
                "provider": .string(), "model": .string(), "started_at": .time, "finished_at": .time,
                "ttft_ms": .number("From the call of the model to its first token."),
                "usage": .object(
                    [
                        "input_tokens": .integer(), "output_tokens": .integer(), "reasoning_output_tokens": .integer(),
                        "estimated": .boolean,
                    ], optional: ["input_tokens", "output_tokens", "reasoning_output_tokens", "estimated"]),
                "finish": .object(["unified": .string(oneOf: FinishReason.Unified.allCases.map(\.rawValue)), "raw": .string()], optional: ["raw"]),
                "missing_done": JSONSchema(["type": "boolean", "description": "The provider finished and closed without its end marker."]),
                "tries": .array(
                    of: .object([
                        "provider": .string(), "model": .string(),
                        "error": .string("A kind of error; `interrupted` where the worker was lost that asked."),
                    ])),
            ], optional: ["ttft_ms", "usage", "finish", "missing_done", "tries"]))

    private static let run = JSONSchema.named(
        "Run",
        .object(
            [
                "id": .uuid, "state": .string(oneOf: RunState.allCases.map(\.rawValue)), "cancel_requested": .boolean, "attempts": .integer(),
                "agent": .string(), "provider": .string(), "model": .string(), "text": .string(), "refusal": .string(),
                "finish": .object(
                    ["unified": .string(oneOf: FinishReason.Unified.allCases.map(\.rawValue)), "raw": .string("The provider's own word.")],
                    optional: ["raw"]),
                "incomplete_reason": .string(oneOf: IncompleteReason.allCases.map(\.rawValue)),
                "error": .object([
                    "kind": .string(oneOf: InferenceError.Kind.allCases.map(\.rawValue)), "message": .string(), "retryable": .boolean,
                ]),
                "usage": .object(
                    [
                        "input_tokens": .integer(), "output_tokens": .integer(), "total_tokens": .integer(), "cached_input_tokens": .integer(),
                        "reasoning_output_tokens": .integer(), "cost": .number("US dollars, where the whole of it is known."),
                        "estimated": JSONSchema(["type": "boolean", "description": "The provider did not count to the end; absent where it did."]),
                    ],
                    optional: [
                        "input_tokens", "output_tokens", "total_tokens", "cached_input_tokens", "reasoning_output_tokens", "cost", "estimated",
                    ]), "steps": .array(of: step), "metadata": .map(of: .string()), "accepted_at": .time, "started_at": .time,
                "first_event_at": .string("RFC 3339, UTC. Of a run that goes on it may not be known yet.", format: "date-time"),
                "finished_at": .time, "ttft_ms": .number("From acceptance to the first token."),
                "events_url": .string(),
            ],
            optional: [
                "agent", "provider", "model", "text", "refusal", "finish", "incomplete_reason", "error", "usage", "steps", "metadata", "started_at",
                "first_event_at", "finished_at", "ttft_ms",
            ]))
}
