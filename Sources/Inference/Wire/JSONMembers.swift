import Web

extension [JSONValue.Member] {
    /// A member, unless there is nothing to say. Requests are written with it: a member that is null is refused by some providers.
    mutating func add(_ name: String, _ value: JSONValue?) {
        if let value { append(JSONValue.Member(name, value)) }
    }

    mutating func add(_ name: String, text value: String?) { add(name, value.map { .string($0) }) }
    mutating func add(_ name: String, number value: Double?) { add(name, value.map { .number($0) }) }
    mutating func add(_ name: String, integer value: Int?) { add(name, value.map { .integer(Int64($0)) }) }
}

extension ToolDefinition {
    /// The schema of the arguments; of a tool without one, an object with any members.
    var schema: JSONValue { parameters ?? ["type": "object", "properties": [:]] }
}

extension ProviderRequest {
    /// The error for an option that a format has no word for.
    static func unsupported(_ option: String, _ format: String) -> InferenceError {
        InferenceError(
            .invalidRequest, "The option \(option) cannot be said in \(format). Leave it out, or name a model of another provider.",
            code: "unsupported_option")
    }

    /// The error for something in the messages that a format has no place for.
    static func unsayable(_ what: String, _ format: String) -> InferenceError {
        InferenceError(
            .invalidRequest, "\(what) cannot be said in \(format). Leave it out, or name a model of another provider.",
            code: "unsupported_content")
    }
}
