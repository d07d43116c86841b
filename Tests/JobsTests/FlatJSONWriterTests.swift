import Foundation
import Testing

@testable import Jobs

/// The quick writer against the general encoder: what it writes means the same, to either reader.
@Suite struct FlatJSONWriterTests {
    private struct Ticket: JobPayload, Equatable {
        static let kind = JobKind(name: "test.written", queue: "test", acceptance: .stream)
        static let isFlat = true

        var subject: String
        var category: String?
        var priority: Int
        var isOdd = false

        private enum CodingKeys: String, CodingKey { case subject, category, priority }

        static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> Ticket {
            Ticket(subject: try fields.text("subject"), category: try fields.text(ifPresent: "category"), priority: try fields.integer("priority"))
        }

        func write(to fields: inout FlatJSONWriter) {
            fields.text("subject", subject)
            fields.text("category", category)
            fields.integer("priority", priority)
            if isOdd { fields.refuse() }
        }
    }

    private func general(_ ticket: Ticket) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return try encoder.encode(ticket)
    }

    @Test("what is written is the general encoder's, whatever the text holds")
    func written() throws {
        let controls = String(String.UnicodeScalarView((0..<0x20).compactMap { Unicode.Scalar($0) }))
        let texts = [
            "", "plain", controls, "\"\\/\u{7f}", "ünï 漢 😀 e\u{301}", "\u{2028}\u{feff}\u{0}", #"\u0000 is no escape here"#,
            String(repeating: "\n", count: 3000),
        ]
        for (number, text) in texts.enumerated() {
            for category in [nil, text] {
                let ticket = Ticket(subject: text, category: category, priority: number * -7)
                let body = try PayloadEncoder.encode(ticket)
                #expect(try JSONDecoder().decode(Ticket.self, from: Data(body)) == ticket)
                #expect(FlatJSON.read(body, Ticket.read) == ticket)
                // Sorted as the general encoder was told, the two are the same bytes.
                let sorted = try JSONSerialization.data(
                    withJSONObject: JSONSerialization.jsonObject(with: Data(body)), options: [.sortedKeys, .withoutEscapingSlashes])
                let expected = try JSONSerialization.data(
                    withJSONObject: JSONSerialization.jsonObject(with: general(ticket)), options: [.sortedKeys, .withoutEscapingSlashes])
                #expect(sorted == expected)
            }
        }
        #expect(try PayloadEncoder.encode(Ticket(subject: "a\tb", priority: 3)) == Array(#"{"subject":"a\tb","priority":3}"#.utf8))
    }

    @Test("what the payload refuses is left to the general encoder")
    func refused() throws {
        var ticket = Ticket(subject: "a", category: "c", priority: 3)
        ticket.isOdd = true
        let body = try PayloadEncoder.encode(ticket)
        #expect(try JSONDecoder().decode(Ticket.self, from: Data(body)) == Ticket(subject: "a", category: "c", priority: 3))
    }
}
