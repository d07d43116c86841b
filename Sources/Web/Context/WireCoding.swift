package import Foundation

/// The coders of every JSON body. Making a decoder per request, as Hummingbird's default does, costs more than a small
/// body's decoding.
///
/// Members are written in `snake_case` by the types' own `CodingKeys` (a key strategy would put Swift's names into the
/// JSON pointers of decoding faults). Times are RFC 3339 in UTC with milliseconds; they are read with or without a fraction.
package enum WireCoding {
    /// Safe to share: decoding reads its settings and keeps its state to itself.
    package static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = date(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is not an RFC 3339 time such as 2026-01-31T08:30:00Z.")
            }
            return date
        }
        return decoder
    }()

    /// Safe to share, as the decoder.
    package static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        // Members in one order: the same answer is the same bytes, and so has the same ETag.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(text(date))
        }
        return encoder
    }()

    /// A time as the wire writes it.
    package static func text(_ date: Date) -> String { date.formatted(withFraction) }

    /// Reads a time of the wire, or nil. RFC 3339 ends with the year 9999, and so does what every store and client can hold;
    /// Foundation reads on.
    package static func date(_ text: String) -> Date? {
        guard let date = (try? withFraction.parse(text)) ?? (try? withoutFraction.parse(text)) else { return nil }
        return years.contains(date.timeIntervalSince1970) ? date : nil
    }

    /// From the first moment of the year 0001 to the last of 9999, in seconds since 1970.
    private static let years: Range<Double> = -62_135_596_800..<253_402_300_800

    private static let withFraction = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    private static let withoutFraction = Date.ISO8601FormatStyle()
}
