/// Text as a model says it: in pieces.
///
/// In JSON a string, which is cut as a tokenizer would; a list of strings, each a piece; or `{"words": 200}`, drawn by the seed.
package enum EmulatorText: Sendable, Equatable {
    case whole(String)
    case pieces([String])
    case words(Int)

    package static let nothing = EmulatorText.pieces([])

    /// More would only fill memory: a piece is a token, and no model says as many.
    static let mostWords = 1_000_000

    /// The pieces, in order.
    func drawn(using generator: inout some RandomNumberGenerator) -> [String] {
        switch self {
        case .whole(let text): TextPieces.tokens(text)
        case .pieces(let pieces): pieces
        case .words(let count): TextPieces.words(count, using: &generator)
        }
    }
}

extension EmulatorText: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    package init(stringLiteral value: String) { self = .whole(value) }
    package init(arrayLiteral elements: String...) { self = .pieces(elements) }
}

extension EmulatorText: Codable {
    private struct Drawn: Codable {
        enum CodingKeys: String, CodingKey, CaseIterable { case words }
        var words: Int

        init(words: Int) { self.words = words }

        init(from decoder: any Decoder) throws {
            try decoder.refuseStrangers(among: CodingKeys.self)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            words = try container.number(.words, atLeast: 1) ?? 0
            guard (1...EmulatorText.mostWords).contains(words) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .words, in: container, debugDescription: "wanted are 1 to \(EmulatorText.mostWords) words")
            }
        }
    }

    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer(), let text = try? container.decode(String.self) {
            self = .whole(text)
        } else if var container = try? decoder.unkeyedContainer() {
            var pieces: [String] = []
            while !container.isAtEnd { pieces.append(try container.decode(String.self)) }
            self = .pieces(pieces)
        } else {
            self = .words(try Drawn(from: decoder).words)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .whole(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .pieces(let pieces):
            var container = encoder.unkeyedContainer()
            for piece in pieces { try container.encode(piece) }
        case .words(let count): try Drawn(words: count).encode(to: encoder)
        }
    }
}
