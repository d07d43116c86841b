import Web

/// An event of a `messages` stream, or a whole message.
///
/// Only what a known event needs is read: events, blocks and deltas of a later version may hold anything, and are to be ignored.
enum AnthropicMessagesEvent: Decodable {
    case messageStart(Usage?)
    case blockStart(index: Int, Block)
    case blockDelta(index: Int, Delta)
    case blockStop(index: Int)
    case messageDelta(Stop, Usage?)
    case messageStop
    case message([Block], Stop, Usage?)
    case error(ProviderFault)
    case other

    enum Block: Decodable {
        case text(String)
        case thinking(String)
        case toolUse(id: String?, name: String?, input: JSONValue?)
        /// Blocks of the provider's own: its tools and their results, encrypted thoughts.
        case other

        private enum CodingKeys: String, CodingKey { case type, text, thinking, id, name, input }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            switch try container.decode(String.self, forKey: .type) {
            case "text": self = .text(try container.decodeIfPresent(String.self, forKey: .text) ?? "")
            case "thinking": self = .thinking(try container.decodeIfPresent(String.self, forKey: .thinking) ?? "")
            case "tool_use":
                self = .toolUse(
                    id: try container.decodeIfPresent(String.self, forKey: .id), name: try container.decodeIfPresent(String.self, forKey: .name),
                    input: try container.decodeIfPresent(JSONValue.self, forKey: .input))
            default: self = .other
            }
        }
    }

    enum Delta: Decodable {
        case text(String)
        case thinking(String)
        case input(String)
        /// Signatures, citations and what is to come.
        case other

        private enum CodingKeys: String, CodingKey {
            case type, text, thinking
            case partialJSON = "partial_json"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            switch try container.decode(String.self, forKey: .type) {
            case "text_delta": self = .text(try container.decode(String.self, forKey: .text))
            case "thinking_delta": self = .thinking(try container.decode(String.self, forKey: .thinking))
            case "input_json_delta": self = .input(try container.decode(String.self, forKey: .partialJSON))
            default: self = .other
            }
        }
    }

    struct Stop: Decodable {
        var reason: String?
        /// Which of the texts at which the model was to stop it stopped at.
        var sequence: String?
        var explanation: String?

        private enum CodingKeys: String, CodingKey {
            case reason = "stop_reason"
            case sequence = "stop_sequence"
            case details = "stop_details"
        }

        private struct Details: Decodable {
            var explanation: String?
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            reason = try container.decodeIfPresent(String.self, forKey: .reason)
            // What is beside the reason takes no answer away.
            sequence = try? container.decodeIfPresent(String.self, forKey: .sequence)
            explanation = (try? container.decode(Details.self, forKey: .details))?.explanation
        }
    }

    /// What cannot be read of it is not counted.
    struct Usage: Decodable {
        var input: Int?
        var output: Int?
        var cacheRead: Int?
        var cacheWrite: Int?
        var reasoning: Int?

        init() {}

        init(from decoder: any Decoder) throws {
            guard let counts = try? decoder.container(keyedBy: CodingKeys.self) else { return }
            input = counts.count(.input)
            output = counts.count(.output)
            cacheRead = counts.count(.cacheRead)
            cacheWrite = counts.count(.cacheWrite)
            let details = counts.counts(.outputDetails)
            reasoning = details?.count(.thinking) ?? details?.count(.reasoning)
        }

        private enum CodingKeys: String, CodingKey {
            case input = "input_tokens"
            case output = "output_tokens"
            case cacheRead = "cache_read_input_tokens"
            case cacheWrite = "cache_creation_input_tokens"
            case outputDetails = "output_tokens_details"
            case thinking = "thinking_tokens"
            case reasoning = "reasoning_tokens"
        }
    }

    private enum CodingKeys: String, CodingKey {
        case type, index, message, delta, usage, error, content
        case contentBlock = "content_block"
    }

    private struct Head: Decodable {
        var usage: Usage?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decodeIfPresent(String.self, forKey: .type) {
        case "message_start": self = .messageStart(try container.decode(Head.self, forKey: .message).usage)
        case "content_block_start":
            self = .blockStart(index: try container.decode(Int.self, forKey: .index), try container.decode(Block.self, forKey: .contentBlock))
        case "content_block_delta":
            self = .blockDelta(index: try container.decode(Int.self, forKey: .index), try container.decode(Delta.self, forKey: .delta))
        case "content_block_stop": self = .blockStop(index: try container.decode(Int.self, forKey: .index))
        case "message_delta":
            self = .messageDelta(try container.decode(Stop.self, forKey: .delta), try container.decodeIfPresent(Usage.self, forKey: .usage))
        case "message_stop": self = .messageStop
        case "message":
            self = .message(
                try container.decode([Block].self, forKey: .content), try Stop(from: decoder),
                try container.decodeIfPresent(Usage.self, forKey: .usage))
        case "error": self = .error(try container.decode(ProviderFault.self, forKey: .error))
        case nil:
            // Intermediaries report their own errors without a type. Anything else without one is no event.
            self = .error(try container.decode(ProviderFault.self, forKey: .error))
        default: self = .other
        }
    }
}
