/// Members of this server's own in requests of other APIs, under the names of `POST /v1/runs`. Official clients send them as further members of
/// the body (`extra_body`).
///
/// | member | what |
/// |---|---|
/// | `workspace_tools` | names of the workspace's tools that the model is offered, `*` for all |
/// | `memory` | whether it is offered the memory tools, and told what is remembered |
/// | `max_steps` | calls of the model at most |
/// | `agent` | who speaks, where `model` names a model |
/// | `fallback` | models to ask when the first fails before it has said anything |
///
/// What the server carries out is not shown as a call. A call of one of the client's own tools ends the answer, as these APIs have it: the
/// client asks again with the result.
enum CompatibleExtensions {
    static func read(_ body: RequestPlace, into run: inout RunRequest) throws {
        run.workspaceTools = try body["workspace_tools"]?.elements().map { try $0.text() }
        run.memory = try body["memory"]?.flag()
        run.maxSteps = try body["max_steps"]?.integer()
        run.agent = try body["agent"]?.text()
        run.fallback = try body["fallback"]?.elements().map { try $0.text() }
        if run.stepLimit > 1 { run.returnsCalls = true }
    }
}
