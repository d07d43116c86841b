package import Foundation
package import Jobs
import Web

/// What a run is asked for: the body of `POST /v1/runs`, and the payload of its job.
package struct RunRequest: JobPayload, Equatable {
    /// The engine's words for a run. It is answered after the append (`stream`), and tried again only until it has shown something;
    /// four attempts within half a minute, for someone is waiting for the answer.
    package static let kind = JobKind(
        name: "run.execute", queue: "runs", acceptance: .stream,
        retry: RetryPolicy(base: .milliseconds(500), cap: .seconds(10), maximumAttempts: 4))

    package var messages: [RunMessage]
    /// `owner/name`, or the id of an agent of the workspace.
    package var agent: String?
    package var model: String?
    package var tools: [ToolDefinition]?
    /// The caller's own notes, returned with the run.
    package var metadata: [String: String]?
    /// How the model is to answer.
    package var options: GenerationOptions?
    /// Calls of the model at most; see ``stepLimit``.
    package var maxSteps: Int?
    /// The model is offered the memory tools, and told what is remembered about the last message.
    package var memory: Bool?
    /// Models to ask in turn when the one before fails and nothing was shown.
    package var fallback: [String]?
    /// Names of the workspace's own tools that the model is offered, `*` for all.
    package var workspaceTools: [String]?
    /// What becomes of the run when its worker is lost after it has shown something; ``InterruptionPolicy/incomplete`` when nil.
    package var onInterruption: InterruptionPolicy?
    /// Who asked, by the id of its token: whose budget the run is counted in. Set by the server, whatever a body says.
    package var token: UUID?
    /// A turn of a conversation of responses; nil for any other run. Set by the server, whatever a body says.
    package var turn: ConversationTurn?
    /// A step that calls anything but the server's own tools ends the run with its calls, as the clients of other APIs expect it, instead of
    /// pausing it for their results. Set by the server, whatever a body says.
    package var returnsCalls: Bool?

    private enum CodingKeys: String, CodingKey {
        case messages, agent, model, tools, metadata, options, memory, fallback, token, turn
        case returnsCalls = "returns_calls"
        case workspaceTools = "workspace_tools"
        case maxSteps = "max_steps"
        case onInterruption = "on_interruption"
    }

    package init(
        messages: [RunMessage], agent: String? = nil, model: String? = nil, tools: [ToolDefinition]? = nil, metadata: [String: String]? = nil,
        options: GenerationOptions? = nil, maxSteps: Int? = nil, memory: Bool? = nil, fallback: [String]? = nil,
        workspaceTools: [String]? = nil, onInterruption: InterruptionPolicy? = nil
    ) {
        self.messages = messages
        self.agent = agent
        self.model = model
        self.tools = tools
        self.metadata = metadata
        self.options = options
        self.maxSteps = maxSteps
        self.memory = memory
        self.fallback = fallback
        self.workspaceTools = workspaceTools
        self.onInterruption = onInterruption
    }

    /// Calls of the model at most. One unless asked otherwise: then a finish by tool calls completes the run, and its client asks
    /// again. Eight where the server has tools of its own to carry out.
    package var stepLimit: Int { maxSteps ?? (memory == true || !(workspaceTools ?? []).isEmpty ? 8 : 1) }
}

/// Where a response stands in its conversation.
package struct ConversationTurn: Codable, Sendable, Equatable {
    /// Index of the first message that the response itself was asked; before it stand instructions, which are not carried over, and what it
    /// goes on from. From there on messages are kept for later responses; nil keeps nothing.
    package var start: Int?
    /// The run that it goes on from.
    package var previous: UUID?

    package init(start: Int? = nil, previous: UUID? = nil) {
        self.start = start
        self.previous = previous
    }
}

/// One thing that is wrong with a request.
package struct RunRequestFault: Sendable, Equatable {
    /// A JSON pointer into the body.
    package var pointer: String
    package var detail: String

    package init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

extension RunRequest {
    /// Bounds that keep a request within what a provider may take.
    enum Bounds {
        static let messages = 2_000
        /// What the strictest provider takes.
        static let images = 100
        static let tools = 128
        static let metadata = 16
        static let metadataKey = 64
        static let metadataValue = 512
        static let name = 64
        static let steps = 32
        static let fallback = 4
    }

    /// Everything that is wrong with the request, in the order of its members; at most 20 faults.
    package var faults: [RunRequestFault] {
        var faults: [RunRequestFault] = []
        if messages.isEmpty { faults.append(RunRequestFault("/messages", "needs at least one message")) }
        if messages.count > Bounds.messages { faults.append(RunRequestFault("/messages", "holds at most \(Bounds.messages) messages")) }
        if messages.reduce(0, { $0 + $1.images.count }) > Bounds.images {
            faults.append(RunRequestFault("/messages", "holds at most \(Bounds.images) images"))
        }
        for (index, message) in messages.enumerated() { faults += Self.faults(of: message, at: "/messages/\(index)") }
        if agent?.isEmpty == true { faults.append(RunRequestFault("/agent", "is empty")) }
        if model?.isEmpty == true { faults.append(RunRequestFault("/model", "is empty")) }
        let tools = tools ?? []
        if tools.count > Bounds.tools { faults.append(RunRequestFault("/tools", "holds at most \(Bounds.tools) tools")) }
        var names: Set<String> = []
        for (index, tool) in tools.enumerated() {
            let place = "/tools/\(index)"
            if memory == true, MemoryTools.names.contains(tool.name) {
                faults.append(RunRequestFault("\(place)/name", "is the name of a tool of the server's own, which `memory` offers"))
            } else if !Self.isToolName(tool.name) {
                faults.append(RunRequestFault("\(place)/name", "has 1 to \(Bounds.name) letters, digits, dashes and underscores"))
            } else if !names.insert(tool.name).inserted {
                faults.append(RunRequestFault("\(place)/name", "is the name of an earlier tool"))
            }
            if let parameters = tool.parameters, parameters.members == nil {
                faults.append(RunRequestFault("\(place)/parameters", "is a JSON Schema, so an object"))
            }
        }
        let metadata = metadata ?? [:]
        if metadata.count > Bounds.metadata { faults.append(RunRequestFault("/metadata", "holds at most \(Bounds.metadata) members")) }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            if key.isEmpty || key.count > Bounds.metadataKey {
                faults.append(RunRequestFault("/metadata", "has a key that is not 1 to \(Bounds.metadataKey) characters long"))
            }
            if value.count > Bounds.metadataValue {
                faults.append(RunRequestFault("/metadata/\(key)", "is longer than \(Bounds.metadataValue) characters"))
            }
        }
        return Array((faults + (options?.faults ?? []) + stepFaults).prefix(20))
    }

    private var stepFaults: [RunRequestFault] {
        var faults: [RunRequestFault] = []
        if let maxSteps, !(1...Bounds.steps).contains(maxSteps) {
            faults.append(RunRequestFault("/max_steps", "is a number from 1 to \(Bounds.steps)"))
        } else if maxSteps == 1, memory == true {
            faults.append(RunRequestFault("/max_steps", "is at least 2 with `memory`: the model calls a tool in one step and answers in the next"))
        }
        let workspaceTools = workspaceTools ?? []
        if workspaceTools.count > Bounds.tools { faults.append(RunRequestFault("/workspace_tools", "holds at most \(Bounds.tools) names")) }
        if maxSteps == 1, !workspaceTools.isEmpty {
            faults.append(
                RunRequestFault("/max_steps", "is at least 2 with `workspace_tools`: the model calls a tool in one step and answers in the next"))
        }
        let fallback = fallback ?? []
        if fallback.count > Bounds.fallback { faults.append(RunRequestFault("/fallback", "holds at most \(Bounds.fallback) models")) }
        for (index, model) in fallback.enumerated() where model.isEmpty { faults.append(RunRequestFault("/fallback/\(index)", "is empty")) }
        return faults
    }

    private static func faults(of message: RunMessage, at place: String) -> [RunRequestFault] {
        if message.parts != nil, message.role != .user, message.role != .tool {
            return [RunRequestFault("\(place)/content", "has images, which stand in messages of the user and of tools")]
        }
        return switch message.role {
        case .tool where message.toolCallID?.isEmpty ?? true:
            [RunRequestFault("\(place)/tool_call_id", "names the call that a tool's message answers")]
        case .assistant where !(message.toolCalls ?? []).isEmpty, .tool:
            []
        case .system, .developer, .user, .assistant:
            message.isBlank ? [RunRequestFault("\(place)/content", "is empty")] : []
        }
    }

    static func isToolName(_ name: String) -> Bool {
        (1...Bounds.name).contains(name.utf8.count)
            && name.utf8.allSatisfy { (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
    }
}
