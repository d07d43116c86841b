/// A delta of text or of arguments: nearly all events of an answer.
struct ResponsesPiece {
    var number: Int?
    var event: ResponsesEvent
}

extension ResponsesPiece {
    /// Nil for every other event, and for what is none: ``ResponsesEvent`` reads those.
    init?(_ data: String) {
        guard let piece = PlainJSON.read(data.utf8, Self.piece) else { return nil }
        self = piece
    }

    private static func piece(_ json: inout PlainJSON) throws(PlainJSON.Doubt) -> ResponsesPiece {
        var type: String?
        var number: Int?
        var output: Int?
        var content: Int?
        var summary: Int?
        var delta: String?
        try json.beginObject()
        while let name = try json.nextName() {
            switch name {
            case "type" where type == nil: type = try json.string()
            case "sequence_number" where number == nil: number = try json.integer()
            case "output_index" where output == nil: output = try json.integer()
            case "content_index" where content == nil: content = try json.integer()
            case "summary_index" where summary == nil: summary = try json.integer()
            case "delta" where delta == nil: delta = try json.string()
            case "type", "sequence_number", "output_index", "content_index", "summary_index", "delta": throw PlainJSON.Doubt()
            default: try json.skip()
            }
        }
        guard let type, let delta else { throw PlainJSON.Doubt() }
        func part(_ kind: ResponsesPart.Kind, _ index: Int?) -> ResponsesEvent {
            .piece(ResponsesPart(kind: kind, output: output ?? 0, index: index ?? 0), delta)
        }
        let event: ResponsesEvent
        switch type {
        case "response.output_text.delta": event = part(.text, content)
        case "response.refusal.delta": event = part(.refusal, content)
        case "response.reasoning_text.delta": event = part(.reasoning, content)
        case "response.reasoning_summary_text.delta": event = part(.summary, summary)
        case "response.function_call_arguments.delta": event = .argumentsPiece(output: output ?? 0, delta)
        default: throw PlainJSON.Doubt()
        }
        return ResponsesPiece(number: number, event: event)
    }
}
