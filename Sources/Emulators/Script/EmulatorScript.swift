/// What an emulator answers, by request: the first rule that fits and is not used up.
///
/// ```json
/// {"rules": [
///   {"contains": "weather", "times": 1, "answer": {"tool_calls": [{"name": "get_weather", "arguments": "{\"city\":\"Oslo\"}"}]}},
///   {"after_tool": true, "answer": {"text": "It rains."}},
///   {"answer": {"text": ["Hel", "lo"], "pace": {"first_ms": 200, "gap_ms": 50}}}
/// ]}
/// ```
/// Where no rule fits, the built-in script answers, see ``BuiltInAnswer``.
package struct EmulatorScript: Codable, Sendable, Equatable {
    /// The key that clients must show; any, or none, when nil.
    package var key: String?
    /// The models that there are. Any is answered when nil.
    package var models: [String]?
    package var rules: [EmulatorRule]

    package init(key: String? = nil, models: [String]? = nil, rules: [EmulatorRule] = []) {
        self.key = key
        self.models = models
        self.rules = rules
    }

    /// One answer to everything.
    package init(_ answer: EmulatorAnswer) {
        self.init(rules: [EmulatorRule(answer)])
    }

    /// These answers one after the other, then the built-in script.
    package init(inOrder answers: [EmulatorAnswer]) {
        self.init(rules: answers.map { EmulatorRule($0, times: 1) })
    }

    /// No rule: the built-in script answers everything.
    package static let builtIn = EmulatorScript()

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case key, models, rules
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decodeIfPresent(String.self, forKey: .key)
        models = try container.decodeIfPresent([String].self, forKey: .models)
        rules = try container.value(.rules, or: [])
    }
}

/// An answer, and when it is given. What is nil fits everything.
package struct EmulatorRule: Codable, Sendable, Equatable {
    /// A part of the last message of the user, capitals or not.
    package var contains: String?
    /// The model asked for.
    package var model: String?
    /// Whether the request brings the result of a tool as its last message.
    package var afterTool: Bool?
    /// How often it answers; without end when nil.
    package var times: Int?
    package var answer: EmulatorAnswer

    package init(_ answer: EmulatorAnswer, contains: String? = nil, model: String? = nil, afterTool: Bool? = nil, times: Int? = nil) {
        self.answer = answer
        self.contains = contains
        self.model = model
        self.afterTool = afterTool
        self.times = times
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case contains, model, times, answer
        case afterTool = "after_tool"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        contains = try container.decodeIfPresent(String.self, forKey: .contains)
        model = try container.decodeIfPresent(String.self, forKey: .model)
        afterTool = try container.decodeIfPresent(Bool.self, forKey: .afterTool)
        times = try container.number(.times, atLeast: 1)
        answer = try container.decode(EmulatorAnswer.self, forKey: .answer)
    }

    /// Whether this rule speaks of the question.
    func fits(_ question: Question) -> Bool {
        if let contains, !question.lastUser.lowercased().contains(contains.lowercased()) { return false }
        if let model, question.model != model { return false }
        if let afterTool, question.toolResults.isEmpty == afterTool { return false }
        return true
    }
}
