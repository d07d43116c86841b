/// The content of a message: a string, or a list of parts of which those with text are joined.
struct MessageText: Decodable {
    let text: String

    private struct Part: Decodable {
        let text: String?
        let refusal: String?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else {
            text = try container.decode([Part].self).compactMap { $0.text ?? $0.refusal }.joined(separator: "\n")
        }
    }
}
