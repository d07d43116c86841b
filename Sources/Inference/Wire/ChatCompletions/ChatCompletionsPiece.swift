/// A chunk that holds a piece of text and nothing else that counts: nearly all chunks of an answer.
struct ChatCompletionsPiece: Equatable {
    /// Empty in a chunk that only names the role.
    var text: String

    /// Nil for a chunk that holds more, and for what is no chunk: ``ChatCompletionsChunk`` reads those.
    init?(_ data: String) {
        guard let text = PlainJSON.read(data.utf8, Self.text) else { return nil }
        self.text = text
    }

    private static func text(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> String {
        var found: String?
        try json.beginObject()
        while let name = try json.nextName() {
            switch name {
            case "choices":
                guard found == nil else { throw PlainJSON.Doubt() }
                try json.beginArray()
                guard try json.hasElement() else { throw PlainJSON.Doubt() }
                found = try choice(&json)
                guard try !json.hasElement() else { throw PlainJSON.Doubt() }
            case "usage", "error": try json.null()
            default: try json.skip()
            }
        }
        guard let found else { throw PlainJSON.Doubt() }
        return found
    }

    private static func choice(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> String {
        var found: String?
        try json.beginObject()
        while let name = try json.nextName() {
            switch name {
            case "index": guard try json.integer() == 0 else { throw PlainJSON.Doubt() }
            case "delta":
                guard found == nil else { throw PlainJSON.Doubt() }
                found = try delta(&json)
            // The finish, words of a provider, and what is not known here.
            default: try json.null()
            }
        }
        guard let found else { throw PlainJSON.Doubt() }
        return found
    }

    private static func delta(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> String {
        var found: String?
        try json.beginObject()
        while let name = try json.nextName() {
            switch name {
            case "content":
                guard found == nil else { throw PlainJSON.Doubt() }
                found = try json.isNull() ? "" : try json.string()
            case "role": try json.skip()
            default: try json.null()
            }
        }
        return found ?? ""
    }
}
