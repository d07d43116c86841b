/// An event of a `responses` stream.
///
/// Only what a known event needs is read: events and items of a later version may hold anything, and are to be ignored.
enum ResponsesEvent: Decodable {
    /// With the response's id.
    case created(String?)
    case item(output: Int, ResponsesItem, isDone: Bool)
    case piece(ResponsesPart, String)
    /// A part's whole text, which its pieces have told before.
    case whole(ResponsesPart, String)
    case argumentsPiece(output: Int, String)
    case wholeArguments(output: Int, String)
    /// One of the terminal events; the word is the last of its type.
    case ended(String, ResponsesObject)
    case error(ProviderFault)
    case other

    /// It says nothing of the answer.
    var isOther: Bool { if case .other = self { true } else { false } }

    private enum CodingKeys: String, CodingKey {
        case type, item, delta, text, refusal, arguments, response, error
        case outputIndex = "output_index"
        case contentIndex = "content_index"
        case summaryIndex = "summary_index"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        // Items are told apart by this index: their ids change from event to event behind some intermediaries.
        let output = (try? container.decodeIfPresent(Int.self, forKey: .outputIndex)) ?? 0
        func part(_ kind: ResponsesPart.Kind) throws -> ResponsesPart {
            let key: CodingKeys = kind == .summary ? .summaryIndex : .contentIndex
            return ResponsesPart(kind: kind, output: output, index: try container.decodeIfPresent(Int.self, forKey: key) ?? 0)
        }
        func piece(_ kind: ResponsesPart.Kind) throws -> ResponsesEvent { .piece(try part(kind), try container.decode(String.self, forKey: .delta)) }
        func whole(_ kind: ResponsesPart.Kind) throws -> ResponsesEvent {
            .whole(try part(kind), try container.decodeIfPresent(String.self, forKey: kind == .refusal ? .refusal : .text) ?? "")
        }
        switch try container.decodeIfPresent(String.self, forKey: .type) {
        case "response.created": self = .created((try? container.decodeIfPresent(Head.self, forKey: .response))?.id)
        case "response.output_item.added":
            self = .item(output: output, try container.decode(ResponsesItem.self, forKey: .item), isDone: false)
        case "response.output_item.done":
            self = .item(output: output, try container.decode(ResponsesItem.self, forKey: .item), isDone: true)
        case "response.output_text.delta": self = try piece(.text)
        case "response.output_text.done": self = try whole(.text)
        case "response.refusal.delta": self = try piece(.refusal)
        case "response.refusal.done": self = try whole(.refusal)
        case "response.reasoning_text.delta": self = try piece(.reasoning)
        case "response.reasoning_text.done": self = try whole(.reasoning)
        case "response.reasoning_summary_text.delta": self = try piece(.summary)
        case "response.reasoning_summary_text.done": self = try whole(.summary)
        case "response.function_call_arguments.delta":
            self = .argumentsPiece(output: output, try container.decode(String.self, forKey: .delta))
        case "response.function_call_arguments.done":
            self = .wholeArguments(output: output, try container.decodeIfPresent(String.self, forKey: .arguments) ?? "")
        case "response.completed": self = .ended("completed", try container.decode(ResponsesObject.self, forKey: .response))
        case "response.incomplete": self = .ended("incomplete", try container.decode(ResponsesObject.self, forKey: .response))
        case "response.failed": self = .ended("failed", try container.decode(ResponsesObject.self, forKey: .response))
        case "response.cancelled": self = .ended("cancelled", try container.decode(ResponsesObject.self, forKey: .response))
        case "error": self = .error(try Self.fault(decoder, container))
        case nil:
            // Intermediaries report their own errors without a type. Anything else without one is no event.
            self = .error(try container.decode(ProviderFault.self, forKey: .error))
        default: self = .other
        }
    }

    private struct Head: Decodable {
        var id: String?
    }

    /// The members of an error stand beside its type by the specification, and inside `error` on the wire.
    private static func fault(_ decoder: any Decoder, _ container: KeyedDecodingContainer<CodingKeys>) throws -> ProviderFault {
        if let fault = try container.decodeIfPresent(ProviderFault.self, forKey: .error) { return fault }
        var fault = try ProviderFault(from: decoder)
        // It is the event's.
        fault.type = nil
        return fault
    }
}

/// An event with its number in the stream.
struct NumberedResponsesEvent: Decodable {
    var number: Int?
    var event: ResponsesEvent

    private enum CodingKeys: String, CodingKey { case number = "sequence_number" }

    init(from decoder: any Decoder) throws {
        event = try ResponsesEvent(from: decoder)
        number = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Int.self, forKey: .number)
    }
}

/// A text within the output.
struct ResponsesPart: Hashable, Codable {
    enum Kind: String, Hashable, Codable {
        case text, refusal, reasoning, summary
    }

    var kind: Kind
    var output: Int
    var index: Int

    var channel: StreamChunk.Channel {
        switch kind {
        case .text: .text
        case .refusal: .refusal
        case .reasoning, .summary: .reasoning
        }
    }
}

/// An item of the output: what the model wrote, called or thought.
enum ResponsesItem: Decodable {
    case message([Content])
    case functionCall(id: String?, name: String?, arguments: String?)
    case reasoning(content: [Content], summary: [Content])
    /// The provider's own tools, and what is to come.
    case other

    struct Content: Decodable {
        var type: String
        var text: String?
        var refusal: String?
    }

    private enum CodingKeys: String, CodingKey {
        case type, id, name, arguments, content, summary
        case callID = "call_id"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .type) {
        case "message": self = .message(try container.decodeIfPresent([Content].self, forKey: .content) ?? [])
        case "function_call":
            let callID = try container.decodeIfPresent(String.self, forKey: .callID)
            self = .functionCall(
                id: try callID ?? container.decodeIfPresent(String.self, forKey: .id),
                name: try container.decodeIfPresent(String.self, forKey: .name),
                arguments: try container.decodeIfPresent(LooseText.self, forKey: .arguments)?.text)
        case "reasoning":
            self = .reasoning(
                content: try container.decodeIfPresent([Content].self, forKey: .content) ?? [],
                summary: try container.decodeIfPresent([Content].self, forKey: .summary) ?? [])
        default: self = .other
        }
    }
}

/// The response as the terminal events carry it; also the whole body of a call that was not streamed.
struct ResponsesObject: Decodable {
    var status: String?
    var error: ProviderFault?
    var incompleteDetails: Details?
    var output: [ResponsesItem]?
    var usage: OpenAIUsage?

    struct Details: Decodable {
        var reason: String?
    }

    enum CodingKeys: String, CodingKey {
        case status, error, output, usage
        case incompleteDetails = "incomplete_details"
    }
}
