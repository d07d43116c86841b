import Web

extension GenerationOptions {
    /// Efforts that providers have a word for.
    static let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
    /// Shapes of an answer that OpenAI's chat completions know.
    static let responseFormats = ["text", "json_object", "json_schema"]

    private enum Bounds {
        static let stops = 16
        static let stop = 256
    }

    /// Everything that is wrong with the options, in the order of their members.
    var faults: [RunRequestFault] {
        var faults: [RunRequestFault] = []
        func refuse(_ member: String, _ detail: String) { faults.append(RunRequestFault("/options/\(member)", detail)) }
        if let maxOutputTokens, maxOutputTokens < 1 { refuse("max_output_tokens", "is at least 1") }
        if let temperature, !(0...2).contains(temperature) { refuse("temperature", "is a number from 0 to 2") }
        if let topP, !(0...1).contains(topP) { refuse("top_p", "is a number from 0 to 1") }
        if let stop {
            if stop.count > Bounds.stops { refuse("stop", "holds at most \(Bounds.stops) texts") }
            for (index, text) in stop.enumerated() where text.isEmpty || text.count > Bounds.stop {
                refuse("stop/\(index)", "is 1 to \(Bounds.stop) characters long")
            }
        }
        if case .tool(let name) = toolChoice, !RunRequest.isToolName(name) {
            refuse("tool_choice/name", "has 1 to \(RunRequest.Bounds.name) letters, digits, dashes and underscores")
        }
        if let reasoningEffort, !Self.efforts.contains(reasoningEffort) {
            refuse("reasoning_effort", "is one of \(Self.efforts.joined(separator: ", "))")
        }
        if let responseFormat { refuseFormat(responseFormat, refuse) }
        return faults
    }

    private func refuseFormat(_ format: JSONValue, _ refuse: (_ member: String, _ detail: String) -> Void) {
        guard let type = format["type"]?.string, Self.responseFormats.contains(type) else {
            return refuse("response_format", "is an object whose type is one of \(Self.responseFormats.joined(separator: ", "))")
        }
        guard type == "json_schema" else { return }
        if format["json_schema"]?["name"]?.string?.isEmpty ?? true {
            refuse("response_format/json_schema/name", "is missing or empty")
        }
        if format["json_schema"]?["schema"]?.members == nil {
            refuse("response_format/json_schema/schema", "is a JSON Schema, so an object")
        }
    }
}
