/// One thing that happened in a run: what a worker appends to the run's log and a client reads, whatever the provider was.
///
/// The wire form (``RunEvent/payload``) is version ``RunEvent/version`` of the contract: one JSON object without line breaks, its
/// first member `type`, its members always in the same order, so that equal events are equal bytes. A reader ignores types and
/// members that it does not know; a version changes only when that rule is not enough.
///
/// | type | members | when |
/// |---|---|---|
/// | `run.started` | `version`, `run`, `attempt`, `provider`, `model`, `agent?`, `server_tools?`, `previous_run?`, `on_interruption?` | first event of a run |
/// | `run.resumed` | `attempt`, `step` | another worker goes on with the run, in this step or behind it; what was told stands |
/// | `step.started` | `step` | before a call of the model; 1 is the first |
/// | `text.delta` | `text` | a piece of the answer |
/// | `reasoning.delta` | `text` | a piece of what the model thinks; never part of the answer |
/// | `refusal.delta` | `text` | a piece of the model's words of refusal |
/// | `tool_call.delta` | `index`, `id?`, `name?`, `arguments` | a fragment of a call; fragments of one index concatenate |
/// | `tool_call.completed` | `index`, `id`, `name`, `arguments` | the whole call; `arguments` is one JSON value as text |
/// | `usage` | `input_tokens?`, `output_tokens?`, `total_tokens?`, `cached_input_tokens?`, `reasoning_output_tokens?`, `cache_write_input_tokens?`, `cost?`, `estimated?` | what the provider counted, once a step; with `estimated`, what is taken for the rest of one that it did not count to its end, or for its calls that were lost with their workers and made once more |
/// | `step.finished` | `step`, `finish?`, `missing_done?`, `state?` | after the model's last event of the step; `state` where it did not complete |
/// | `memory.written` | `operation`, `memory`, `event`, `scope`, `kind?`, `content?` | a memory was written, and is stored |
/// | `tool.result` | `index`, `id`, `name`, `is_error?`, `output` | what a call of the step came to; `output` is bounded |
/// | `run.paused` | `calls`, `until` | the run waits for the client's results of these calls, until then |
/// | `run.completed` | `finish`, `usage?` | terminal: the answer is whole |
/// | `run.incomplete` | `reason`, `finish?`, `usage?` | terminal: there is an answer, and it is not whole |
/// | `run.failed` | `error` | terminal: there is no answer to rely on |
/// | `run.cancelled` | – | terminal: someone asked for the end |
///
/// `finish` is `{"unified":…,"raw?":…,"stop_sequence?":…}` (``FinishReason``), `error` is described by ``InferenceError``. A log holds exactly
/// one terminal event and nothing after it.
package enum RunEvent: Sendable, Equatable {
    case runStarted(RunStarted)
    case resumed(RunResumed)
    case stepStarted(step: Int)
    case chunk(StreamChunk)
    case toolCallDelta(ToolCallDelta)
    case toolCall(ToolCall)
    case usage(TokenUsage)
    case stepFinished(StepFinished)
    case memoryWritten(MemoryWriteEvent)
    case toolResult(ToolResult)
    case paused(RunPause)
    case completed(finish: FinishReason, usage: TokenUsage?)
    case incomplete(reason: IncompleteReason, finish: FinishReason?, usage: TokenUsage?)
    case failed(InferenceError)
    case cancelled

    /// The version of the event contract, carried by `run.started`.
    package static let version = 1

    /// True for the four events that end a run.
    package var isTerminal: Bool {
        switch self {
        case .completed, .incomplete, .failed, .cancelled: true
        case .runStarted, .resumed, .stepStarted, .chunk, .toolCallDelta, .toolCall, .usage, .stepFinished, .memoryWritten, .toolResult, .paused:
            false
        }
    }

    /// True for what a model said: an event after which a run may not begin again, since a client may have seen it.
    package var isModelOutput: Bool {
        switch self {
        case .chunk, .toolCallDelta, .toolCall: true
        case .runStarted, .resumed, .stepStarted, .usage, .stepFinished, .memoryWritten, .toolResult, .paused, .completed, .incomplete,
            .failed, .cancelled:
            false
        }
    }
}

/// The head of a run's log.
package struct RunStarted: Sendable, Equatable {
    /// The run's id, lower case.
    package var run: String
    /// 1 for the first attempt.
    package var attempt: Int
    /// The configured name of the provider that answers.
    package var provider: String
    /// The model as it was asked of the provider.
    package var model: String
    /// `owner/name` of the agent whose character speaks, if one does.
    package var agent: String?
    /// Names of the tools that the server carries out, in order: whose calls are no business of the client's.
    package var serverTools: [String]
    /// The run whose conversation this one goes on with, lower case.
    package var previous: String?
    /// Nil for a run that ends when its worker is lost. A log that names `continue` was written so that it can be gone on with.
    package var onInterruption: InterruptionPolicy?

    package init(
        run: String, attempt: Int, provider: String, model: String, agent: String? = nil, serverTools: [String] = [], previous: String? = nil,
        onInterruption: InterruptionPolicy? = nil
    ) {
        self.run = run
        self.attempt = attempt
        self.provider = provider
        self.model = model
        self.agent = agent
        self.serverTools = serverTools
        self.previous = previous
        self.onInterruption = onInterruption
    }
}

/// The worker was lost, and another goes on behind what was told.
package struct RunResumed: Sendable, Equatable {
    /// Of the run, as in ``RunStarted/attempt``.
    package var attempt: Int
    /// The newest step that was told of: the run goes on in it, or behind it.
    package var step: Int

    package init(attempt: Int, step: Int) {
        self.attempt = attempt
        self.step = step
    }
}

/// A piece of what the model writes.
package struct StreamChunk: Sendable, Equatable {
    /// What the words are: answer, thought or refusal. Reasoning is never shown as content.
    package enum Channel: String, Sendable, Equatable, CaseIterable {
        case text
        case reasoning
        case refusal
    }

    package var channel: Channel
    package var text: String

    package init(_ channel: Channel, _ text: String) {
        self.channel = channel
        self.text = text
    }
}

/// A fragment of a tool call. `index` counts the calls of a step from 0 without gaps, whatever the provider numbered.
package struct ToolCallDelta: Sendable, Equatable {
    package var index: Int
    /// On the first fragment that knows it.
    package var id: String?
    /// On the first fragment that knows it.
    package var name: String?
    /// The next piece of the arguments' JSON text; may be empty.
    package var arguments: String

    package init(index: Int, id: String? = nil, name: String? = nil, arguments: String) {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// A whole tool call. A call that was cut, or whose arguments are no JSON, never becomes one.
package struct ToolCall: Sendable, Equatable {
    package var index: Int
    /// Unique within the run, see ``ToolCallAssembler``.
    package var id: String
    package var name: String
    /// One JSON value as text, `{}` when the provider sent nothing.
    package var arguments: String

    package init(index: Int, id: String, name: String, arguments: String) {
        self.index = index
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// The end of one call of the model.
package struct StepFinished: Sendable, Equatable {
    package var step: Int
    package var finish: FinishReason?
    /// The provider finished the answer and then closed without its end marker.
    package var missingDone: Bool
    /// What became of a step that did not complete; nil for one that did.
    package var state: RunState?

    package init(step: Int, finish: FinishReason?, missingDone: Bool = false, state: RunState? = nil) {
        self.step = step
        self.finish = finish
        self.missingDone = missingDone
        self.state = state
    }
}
