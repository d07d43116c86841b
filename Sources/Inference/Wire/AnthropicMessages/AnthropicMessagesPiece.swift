/// A `content_block_delta` of text, thought or arguments: nearly all events of an answer.
struct AnthropicMessagesPiece {
    var index: Int
    var delta: AnthropicMessagesEvent.Delta
}

extension AnthropicMessagesPiece {
    /// Nil for every other event, and for what is none: ``AnthropicMessagesEvent`` reads those.
    init?(_ data: String) {
        guard let piece = PlainJSON.read(data.utf8, Self.piece) else { return nil }
        self = piece
    }

    private static func piece(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> AnthropicMessagesPiece {
        var isDelta = false
        var index: Int?
        var delta: AnthropicMessagesEvent.Delta?
        try json.beginObject()
        while let name = try json.nextName() {
            switch name {
            case "type" where !isDelta:
                guard try json.string() == "content_block_delta" else { throw PlainJSON.Doubt() }
                isDelta = true
            case "index" where index == nil: index = try json.integer()
            case "delta" where delta == nil: delta = try Self.delta(&json)
            default: throw PlainJSON.Doubt()
            }
        }
        guard isDelta, let index, let delta else { throw PlainJSON.Doubt() }
        return AnthropicMessagesPiece(index: index, delta: delta)
    }

    private static func delta(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> AnthropicMessagesEvent.Delta {
        var type: String?
        var text: String?
        var thinking: String?
        var input: String?
        try json.beginObject()
        while let name = try json.nextName() {
            switch name {
            case "type" where type == nil: type = try json.string()
            case "text" where text == nil: text = try json.string()
            case "thinking" where thinking == nil: thinking = try json.string()
            case "partial_json" where input == nil: input = try json.string()
            default: throw PlainJSON.Doubt()
            }
        }
        switch (type, text, thinking, input) {
        case ("text_delta"?, let text?, nil, nil): return .text(text)
        case ("thinking_delta"?, nil, let thinking?, nil): return .thinking(thinking)
        case ("input_json_delta"?, nil, nil, let input?): return .input(input)
        default: throw PlainJSON.Doubt()
        }
    }
}
