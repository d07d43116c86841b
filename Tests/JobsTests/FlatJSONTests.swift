import Foundation
import Testing

@testable import Jobs

/// The quick reader against the general decoder: whatever it accepts, the other reads the same way.
@Suite struct FlatJSONTests {
    private struct Ticket: Codable, Equatable {
        var subject: String
        var category: String?
        var priority: Int

        init(subject: String, category: String? = nil, priority: Int) {
            (self.subject, self.category, self.priority) = (subject, category, priority)
        }

        init(_ fields: FlatJSON) throws(FlatJSON.Unusual) {
            self.init(subject: try fields.text("subject"), category: try fields.text(ifPresent: "category"), priority: try fields.integer("priority"))
        }
    }

    private func quick(_ text: String) -> Ticket? { quick(Array(text.utf8)) }

    private func quick(_ body: [UInt8]) -> Ticket? {
        var fields = FlatJSON()
        do {
            try fields.read(body)
            return try Ticket(fields)
        } catch {
            return nil
        }
    }

    private func general(_ body: [UInt8]) -> Ticket? { try? JSONDecoder().decode(Ticket.self, from: Data(body)) }

    @Test("plain bodies are read: any order, any space, further keys, escapes, null")
    func plain() {
        #expect(quick(#"{"subject":"a","priority":3}"#) == Ticket(subject: "a", priority: 3))
        #expect(quick(" {\n\"priority\" : -7 , \"more\": \"x\", \"subject\":\"\" }\t") == Ticket(subject: "", priority: -7))
        #expect(quick(#"{"subject":"a\n\"\\\/\t\u00e9\ud83d\ude00","category":null,"priority":0}"#) == Ticket(subject: "a\n\"\\/\té😀", priority: 0))
        #expect(quick(#"{"subject":"ünï 漢","category":"c","priority":999999999}"#) == Ticket(subject: "ünï 漢", category: "c", priority: 999_999_999))
    }

    @Test(
        "whatever is out of the ordinary is left to the general decoder",
        arguments: [
            "", "{}", "[]", "null", #"{"subject":"a"}"#, #"{"subject":"a","priority":1.5}"#, #"{"subject":"a","priority":1e3}"#,
            #"{"subject":"a","priority":"1"}"#, #"{"subject":1,"priority":1}"#, #"{"subject":"a","priority":1,"subject":"b"}"#,
            #"{"subject":"a","priority":01}"#, #"{"subject":"a","priority":12345678901}"#, #"{"subject":"a","priority":1}x"#,
            #"{"subject":"a","priority":1,}"#, #"{"subject":"a" "priority":1}"#, #"{"subject":"\x","priority":1}"#,
            #"{"subject":"\ud83d","priority":1}"#, #"{"subject":"\u12","priority":1}"#, #"{"subject":"a","priority":-}"#,
            #"{"subject":"a","priority":1,"more":{}}"#, #"{"subject":"a","priority":1,"more":[1]}"#, #"{"subject":"a","priority":true}"#,
            #"{"subject":null,"priority":1}"#, #"{"subject":"a","priority":nul}"#, "{\"subject\":\"a\u{1}\",\"priority\":1}", #"{"subject":"a"#,
        ])
    func unusual(_ text: String) {
        #expect(quick(text) == nil)
    }

    @Test("bytes that are no UTF-8 are refused")
    func invalid() {
        #expect(quick(Array(#"{"subject":""#.utf8) + [0xff] + Array(#"","priority":1}"#.utf8)) == nil)
    }

    @Test("damaged bodies: what is accepted is what the general decoder reads", arguments: 0..<20)
    func damage(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let alphabet = Array(#"{}[]":,\ntu/0123456789-+.eE abcdf é"#.utf8)
        var accepted = 0
        for _ in 0..<3_000 {
            var body = Array(#"{"subject":"a\u00e9b\n","category":null,"priority":12,"more":"x"}"#.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: body[place] = alphabet.randomElement(using: &generator) ?? 0
                case 1: body.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
                default: body.remove(at: place)
                }
            }
            guard let found = quick(body) else { continue }
            accepted += 1
            #expect(found == general(body), "seed \(seed): \(String(decoding: body, as: UTF8.self))")
        }
        #expect(accepted > 500)
    }
}
