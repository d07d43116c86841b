import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Web

@Suite("Queries")
struct QueryTests {
    enum Colour: String, CaseIterable { case red, green }

    @Test("names and values are decoded")
    func decoding() throws {
        let query = try Query("a=1&b=x%20y+z&c%C3%A4=%E2%82%AC&d&a=2&e=f=g&&")
        #expect(query["a"] == "2")
        #expect(query.all("a") == ["1", "2"])
        #expect(query["b"] == "x y z")
        #expect(query["cä"] == "€")
        #expect(query["d"] == "")
        #expect(query["e"] == "f=g")
        #expect(query["nothing"] == nil)
    }

    @Test("what cannot be decoded is refused", arguments: ["a=%C3%28", "a=%zz", "%FF=1", "a=x%00y"])
    func undecodable(_ text: String) throws {
        let problem = try #require(throws: Problem.self) { try Query(text) }
        #expect(problem.status == .badRequest)
    }

    @Test("typed values are within their bounds or refused")
    func typed() throws {
        let query = try Query("n=7&word=red&id=0192f000-0000-7000-8000-000000000001&wait=10s&yes&no=false")
        #expect(try query.integer("n", in: 1...7) == 7)
        #expect(try query.word("word", as: Colour.self) == .red)
        #expect(try query.uuid("id") != nil)
        #expect(try query.duration("wait", upTo: .seconds(60)) == .seconds(10))
        #expect(try query.flag("yes") == true)
        #expect(try query.flag("no") == false)
        #expect(try query.integer("none", in: 1...7) == nil)
        #expect(throws: Problem.self) { try query.integer("n", in: 1...6) }
        #expect(throws: Problem.self) { try query.integer("word", in: 1...6) }
        #expect(throws: Problem.self) { try query.word("n", as: Colour.self) }
        #expect(throws: Problem.self) { try query.uuid("n") }
        #expect(throws: Problem.self) { try query.duration("wait", upTo: .seconds(9)) }
        #expect(throws: Problem.self) { try query.flag("n") }
    }

    @Test(
        "times",
        arguments: [
            ("10s", Duration.seconds(10)), ("10", .seconds(10)), ("500ms", .milliseconds(500)), ("2m", .seconds(120)), ("1h", .seconds(3600)),
            ("0", .zero),
            ("", nil), ("s", nil), ("-1s", nil), ("1.5s", nil), ("10x", nil), ("99999999999999999999", nil), ("9223372036854775807h", nil),
            ("１０s", nil),
        ])
    func times(_ text: String, _ value: Duration?) {
        #expect(Duration(wire: text) == value)
    }
}

@Suite("Pages")
struct PageTests {
    struct Key: Codable, Equatable, Sendable {
        let at: Date
        let id: UUID
    }

    @Test("a cursor survives its journey and holds nothing that a URL would have to escape")
    func cursor() throws {
        for number in 0..<50 {
            let key = Key(at: Date(timeIntervalSince1970: 1_700_000_000 + Double(number)), id: UUID())
            let text = try Cursor.encode(key)
            #expect(text.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
            #expect(try Cursor.decode(text) == key)
        }
    }

    @Test("a cursor that was altered or invented is refused", arguments: ["", "x", "AQ", "!!!!", "AnsifQ", String(repeating: "A", count: 5000)])
    func invented(_ text: String) throws {
        let problem = try #require(throws: Problem.self) { try Cursor.decode(text, as: Key.self) }
        #expect(problem.status == .badRequest)
        #expect(problem.errors.first?.place == .parameter("cursor"))
    }

    @Test("pages follow one another without a gap or a repeat, and the last has no link")
    func walk() async throws {
        let all = Array(0..<25)
        var routes = APIRoutes()
        routes.onOpen(APIOperation(.get, "/v1/numbers", summary: "x", tag: "x", parameters: [.limit, .cursor], answers: [.init(.ok, "x")])) {
            request, _ in
            let page = try PageRequest<Int>(request)
            let rows = all.filter { $0 > (page.after ?? -1) }.prefix(page.limit + 1)
            return try Page(Array(rows), for: page) { $0 }
        }
        struct Answer: Decodable {
            let items: [Int]
            let next_cursor: String?
        }
        try await WebFixture(more: [routes]).application.test(.router) { client in
            var seen: [Int] = []
            var uri = "/v1/numbers?limit=10&order=up"
            var pages = 0
            while true {
                let response = try await client.execute(uri: uri, method: .get)
                let answer = try JSONDecoder().decode(Answer.self, from: Data(buffer: response.body))
                seen += answer.items
                pages += 1
                guard let cursor = answer.next_cursor else {
                    #expect(response.headers[.link] == nil)
                    break
                }
                uri = "/v1/numbers?limit=10&order=up&cursor=\(cursor)"
                #expect(response.headers[.link] == "<\(uri)>; rel=\"next\"")
            }
            #expect(seen == all)
            #expect(pages == 3)
            let tooMany = try await client.execute(uri: "/v1/numbers?limit=201", method: .get)
            #expect(tooMany.status == .badRequest)
        }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
    }
}
