import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Web

/// A request that is wrong in one way, and the problem that it is answered with.
struct BadInput: Sendable, CustomTestStringConvertible {
    let what: String
    var method = HTTPRequest.Method.post
    var path = "/v1/things"
    var headers: HTTPFields = .authorized([.contentType: "application/json"])
    var body: [UInt8] = []
    let status: Int
    var name: String?
    var pointer: String?
    var expected: String?
    var found: String?
    var detail: String?

    var testDescription: String { what }

    static func body(
        _ what: String, _ text: String, _ status: Int, pointer: String? = nil, expected: String? = nil, found: String? = nil, detail: String? = nil
    ) -> BadInput {
        BadInput(
            what: what, body: Array(text.utf8), status: status, name: status == 400 ? "bad-request" : "invalid", pointer: pointer, expected: expected,
            found: found, detail: detail)
    }

    private static let deep: String = {
        let lists = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
        return #"{"name":"a\u0000b","x":\#(lists)}"#
    }()

    static let table: [BadInput] = [
        // Bytes that are no document.
        .body("an empty body", "", 400, detail: "The body is empty; a JSON document is wanted."),
        .body("an object cut short", #"{"name":"a","parts":[{"#, 400, detail: "The JSON document ends too early, after 22 bytes."),
        .body("a string cut short", #"{"name":"a"#, 400, detail: "The JSON document ends too early, after 10 bytes."),
        .body("a stray comma", #"{"name":"a",,}"#, 400, detail: "The character `,` at byte 12 cannot stand there in JSON."),
        .body("a second document", #"{"name":"a"} {}"#, 400, detail: "Something follows the JSON document at byte 13."),
        .body("a word", "hello", 400),
        .body("form data", "name=a", 400),
        .body("a raw line break in a string", "{\"name\":\"a\nb\"}", 400),
        .body("a lone surrogate", #"{"name":"\ud800"}"#, 400, detail: "The escape at byte 9 is not JSON."),
        .body("a number with a leading zero", #"{"name":"a","parts":[{"size":01}]}"#, 400),
        .body("arrays nested too deep", String(repeating: "[", count: 600) + String(repeating: "]", count: 600), 400),
        BadInput(
            what: "a NUL byte", body: Array("{\"name\":\"a".utf8) + [0] + Array("\"}".utf8), status: 400,
            detail: "The body holds a NUL byte at byte 10."),
        BadInput(
            what: "invalid UTF-8", body: Array("{\"name\":\"ä".utf8) + [0xC3, 0x28] + Array("\"}".utf8), status: 400,
            detail: "The body is not valid UTF-8 at byte 11."),
        BadInput(what: "UTF-16", body: Array("{\"name\":\"a\"}".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }), status: 400),
        // Documents of the wrong shape.
        .body("a missing member", #"{"parts":[]}"#, 422, pointer: "#/name", detail: "The member `name` is missing."),
        .body("a number for a string", #"{"name":7}"#, 422, pointer: "#/name", expected: "string", found: "number"),
        .body("null for a string", #"{"name":null}"#, 422, pointer: "#/name", expected: "string", found: "null"),
        .body(
            "a string for an integer", #"{"name":"a","parts":[{"size":1},{"size":"2"}]}"#, 422, pointer: "#/parts/1/size", expected: "integer",
            found: "string"),
        .body("a fraction for an integer", #"{"name":"a","parts":[{"size":1.5}]}"#, 422, pointer: "#/parts/0/size"),
        .body("an integer out of range", #"{"name":"a","parts":[{"size":99999999999999999999}]}"#, 422, pointer: "#/parts/0/size"),
        .body("two numbers, one of which is no integer", #"{"name":"a","parts":[{"size":1.5}],"x":2.5}"#, 422, pointer: "#", expected: "integer"),
        .body("an object for an array", #"{"name":"a","parts":{}}"#, 422, pointer: "#/parts", expected: "array", found: "object"),
        .body("an array for the whole", "[]", 422, pointer: "#", expected: "object", found: "array"),
        .body(
            "a word that is not accepted", #"{"name":"a","colour":"blue"}"#, 422, pointer: "#/colour",
            detail: "The value is not one of those that are accepted."),
        .body("a time that is none", #"{"name":"a","at":"yesterday"}"#, 422, pointer: "#/at"),
        .body("a UUID that is none", #"{"name":"a","id":"7"}"#, 422, pointer: "#/id", detail: "This is not a UUID."),
        .body("an escaped NUL", #"{"name":"a\u0000b"}"#, 422, pointer: "#/name"),
        .body(
            "an escaped NUL in a document that is nested too deep to be looked through",
            deep, 400, detail: "The JSON document is nested deeper than 256 at byte 278."),
        .body("an escaped NUL in a member's name", #"{"name":"a","tags":{"x\u0000":"y"}}"#, 422, pointer: "#/tags"),
        .body(
            "a path that a pointer escapes", #"{"name":"a","tags":{"a/b~c d":1}}"#, 422, pointer: "#/tags/a~1b~0c%20d", expected: "string",
            found: "number"),
        // The envelope.
        BadInput(what: "an oversized body", body: Array(repeating: UInt8(ascii: " "), count: 2001), status: 413, name: "too-large"),
        BadInput(
            what: "another content type", headers: .authorized([.contentType: "text/xml"]), body: Array("{}".utf8), status: 415,
            name: "unsupported-media-type"),
        BadInput(
            what: "another charset", headers: .authorized([.contentType: "application/json; charset=latin1"]), body: Array("{}".utf8), status: 415,
            name: "unsupported-media-type"),
        BadInput(what: "no token", headers: [:], body: Array("{}".utf8), status: 401, name: "unauthorized"),
        BadInput(what: "another scheme", headers: [.authorization: "Basic abc"], status: 401, name: "unauthorized"),
        BadInput(what: "an empty token", headers: [.authorization: "Bearer "], status: 401, name: "unauthorized"),
        BadInput(what: "an unknown token", headers: .authorized(token: "mst_nobody"), status: 401, name: "unauthorized"),
        BadInput(what: "an expired token", headers: .authorized(token: "expired"), status: 401, name: "token-expired"),
        BadInput(what: "a token without the scope", method: .delete, path: "/v1/things/\(UUID())", status: 403, name: "missing-scope"),
        BadInput(what: "an id that is none", method: .get, path: "/v1/things/7", status: 404, name: "not-found"),
        BadInput(what: "a path that is none", method: .get, path: "/v1/nothing", status: 404, name: "not-found"),
        BadInput(what: "a path that is none, without a token", method: .get, path: "/v1/nothing", headers: [:], status: 404, name: "not-found"),
        BadInput(what: "a method that is not there", method: .put, path: "/v1/things", status: 405, name: "method-not-allowed"),
        BadInput(what: "a path part that is not UTF-8", method: .get, path: "/v1/open/%C3%28", status: 400, name: "bad-request"),
        BadInput(what: "a path part with a NUL", method: .get, path: "/v1/open/a%00b", status: 400, name: "bad-request"),
    ]
}

@Suite("Bad input")
struct BadInputTests {
    @Test("is answered with a problem that says what is wrong and where", .timeLimit(.minutes(1)), arguments: BadInput.table)
    func problems(_ input: BadInput) async throws {
        let fixture = WebFixture()
        try await fixture.application.test(.router) { client in
            try await client.execute(uri: input.path, method: input.method, headers: input.headers, body: ByteBuffer(bytes: input.body)) { response in
                #expect(response.status.code == input.status)
                let problem = try ReadProblem(response)
                if let name = input.name { #expect(problem.type == "urn:mainstay:problem:\(name)") }
                if let pointer = input.pointer { #expect(problem.errors?.first?.pointer == pointer) }
                if let expected = input.expected { #expect(problem.errors?.first?.expected == expected) }
                if let found = input.found { #expect(problem.errors?.first?.found == found) }
                if let detail = input.detail { #expect(problem.detail == detail) }
                #expect(problem.instance == input.path)
            }
        }
    }

    @Test("a good body is read whole, also one that holds the text of an escaped NUL", .timeLimit(.minutes(1)))
    func goodBody() async throws {
        let fixture = WebFixture()
        let text = #"{"name":"C:\\u0000 ü","parts":[{"size":3}],"colour":"red","at":"2026-01-31T08:30:00.250Z","extra":{"ignored":[1]}}"#
        try await fixture.application.test(.router) { client in
            let response = try await client.execute(uri: "/v1/things", method: .post, headers: .authorized(), body: ByteBuffer(string: text))
            #expect(response.status == .created)
        }
        var effects = fixture.effects.makeAsyncIterator()
        let thing = try await effects.next()?.get()
        #expect(thing?.name == #"C:\u0000 ü"#)
        #expect(thing?.parts == [.init(size: 3)])
        #expect(thing?.at == Date(timeIntervalSince1970: 1_769_848_200.25))
    }

    @Test("a body at the limit is read; announced or not, one byte more is not", .timeLimit(.minutes(1)))
    func limit() async throws {
        let fixture = WebFixture()
        let exact = #"{"name":"a"}"# + String(repeating: " ", count: 1988)
        try await fixture.application.test(.live) { client in
            let good = try await client.execute(uri: "/v1/things", method: .post, headers: .authorized(), body: ByteBuffer(string: exact))
            #expect(good.status == .created)
            let chunk = String(exact.utf8.count + 1, radix: 16)
            let request = RawClient.request(
                "POST", "/v1/things", headers: ["Authorization: Bearer good", "Transfer-Encoding: chunked", "Connection: close"],
                body: "\(chunk)\r\n\(exact) \r\n0\r\n\r\n")
            let answer = try await RawClient.run(port: client.port!) { inbound, outbound in
                try await outbound.write(request)
                return try await inbound.readAll()
            }
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("405 lists the methods that are allowed")
    func allow() async throws {
        try await WebFixture().application.test(.router) { client in
            let response = try await client.execute(uri: "/v1/things/7", method: .patch)
            #expect(response.headers[.allow] == "DELETE, GET, HEAD")
        }
    }

    @Test("401 and 403 carry a challenge")
    func challenges() async throws {
        try await WebFixture().application.test(.router) { client in
            let missing = try await client.execute(uri: "/v1/things/7", method: .get)
            #expect(missing.headers[.wwwAuthenticate] == "Bearer realm=\"mainstay\"")
            let invalid = try await client.execute(uri: "/v1/things/7", method: .get, headers: .authorized(token: "x"))
            #expect(invalid.headers[.wwwAuthenticate] == "Bearer realm=\"mainstay\", error=\"invalid_token\"")
            let forbidden = try await client.execute(uri: "/v1/things/7", method: .delete, headers: .authorized())
            #expect(forbidden.headers[.wwwAuthenticate]?.contains("scope=\"things:admin\"") == true)
        }
    }
}
