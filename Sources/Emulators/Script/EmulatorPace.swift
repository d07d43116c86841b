/// When the bytes are sent. In JSON milliseconds, with or without a fraction.
package struct EmulatorPace: Codable, Sendable, Equatable {
    /// From the request to the answer's head.
    package var headers: Duration
    /// From the head to the first piece.
    package var first: Duration
    /// From one piece to the next.
    package var gap: Duration
    /// Each wait is drawn by the seed between 1 - jitter and 1 + jitter of itself; 0 to 1.
    package var jitter: Double

    package init(headers: Duration = .zero, first: Duration = .zero, gap: Duration = .zero, jitter: Double = 0) {
        self.headers = headers
        self.first = first
        self.gap = gap
        self.jitter = jitter
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case jitter
        case headers = "headers_ms"
        case first = "first_ms"
        case gap = "gap_ms"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        headers = try container.milliseconds(.headers)
        first = try container.milliseconds(.first)
        gap = try container.milliseconds(.gap)
        jitter = try container.value(.jitter, or: 0)
        guard (0...1).contains(jitter) else {
            throw DecodingError.dataCorruptedError(forKey: .jitter, in: container, debugDescription: "wanted is 0 to 1")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(headers.inMilliseconds, forKey: .headers)
        try container.encode(first.inMilliseconds, forKey: .first)
        try container.encode(gap.inMilliseconds, forKey: .gap)
        try container.encode(jitter, forKey: .jitter)
    }

    /// A wait as it is this time.
    func drawn(_ wait: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        jitter > 0 && wait > .zero ? wait * Double.random(in: (1 - jitter)...(1 + jitter), using: &generator) : wait
    }
}

/// How the bytes of a stream look.
package struct EmulatorWire: Codable, Sendable, Equatable {
    package enum LineEnding: String, Codable, CaseIterable, Sendable {
        case lf, cr, crlf

        var text: String {
            switch self {
            case .lf: "\n"
            case .cr: "\r"
            case .crlf: "\r\n"
            }
        }
    }

    package var lineEnding: LineEnding
    /// A write never goes past a multiple of so many bytes of the body.
    package var splitEvery: Int?
    /// A write never goes past these offsets into the body.
    package var splitAt: [Int]
    /// Between two writes of one event, so that a client reads them apart.
    package var splitGap: Duration
    /// Comments (Anthropic: pings) before the first piece. When nil as the provider does: OpenRouter 3, Anthropic 1, OpenAI none.
    package var keepAlives: Int?
    /// The padding by which providers hide how long a piece is: spaces before the last brace (Anthropic), `obfuscation` (OpenAI).
    package var padding: Bool
    /// Behind each piece of a stream's text the moment at which it was written, see ``TokenStamp``. Answers that are made in the
    /// background have none.
    package var stamps: Bool

    package init(
        lineEnding: LineEnding = .lf, splitEvery: Int? = nil, splitAt: [Int] = [], splitGap: Duration = .zero, keepAlives: Int? = nil,
        padding: Bool = true, stamps: Bool = false
    ) {
        self.lineEnding = lineEnding
        self.splitEvery = splitEvery
        self.splitAt = splitAt
        self.splitGap = splitGap
        self.keepAlives = keepAlives
        self.padding = padding
        self.stamps = stamps
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case padding, stamps
        case lineEnding = "line_ending"
        case splitEvery = "split_every"
        case splitAt = "split_at"
        case splitGap = "split_gap_ms"
        case keepAlives = "keep_alives"
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseStrangers(among: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        lineEnding = try container.value(.lineEnding, or: .lf)
        splitEvery = try container.number(.splitEvery, atLeast: 1)
        splitAt = try container.value(.splitAt, or: [])
        splitGap = try container.milliseconds(.splitGap)
        keepAlives = try container.number(.keepAlives, atLeast: 0)
        padding = try container.value(.padding, or: true)
        stamps = try container.value(.stamps, or: false)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lineEnding, forKey: .lineEnding)
        try container.encodeIfPresent(splitEvery, forKey: .splitEvery)
        try container.encode(splitAt, forKey: .splitAt)
        try container.encode(splitGap.inMilliseconds, forKey: .splitGap)
        try container.encodeIfPresent(keepAlives, forKey: .keepAlives)
        try container.encode(padding, forKey: .padding)
        try container.encode(stamps, forKey: .stamps)
    }
}
