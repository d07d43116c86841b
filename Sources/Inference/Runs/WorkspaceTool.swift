/// A tool of the run's workspace: the server calls its webhook.
struct WorkspaceTool: ServerTool {
    /// Stands for all tools of the workspace in what a run names.
    static let all = "*"

    let tool: WebhookTool
    let tools: WebhookTools

    var definition: ToolDefinition { tool.definition }
    var origin: RunMetrics.ToolOrigin { .webhook }
    /// A repetition has the id of the first (``WebhookSignature``).
    var isRepeatable: Bool { true }

    func call(_ call: ToolCall, in place: ToolPlace) async throws -> ToolOutcome {
        let (run, workspace) = (place.run.identity.run, place.run.identity.workspace)
        // Providers number the calls of each step anew; a tool that tells repetitions apart needs one name a call.
        let name = "\(place.run.step)_\(call.id)"
        let output = await tools.call(tool, arguments: call.arguments, call: name, run: run, workspace: workspace)
        // A call that was cut is no answer of the tool.
        try Task.checkCancellation()
        return ToolOutcome(output: output.text, isError: output.isError)
    }
}
