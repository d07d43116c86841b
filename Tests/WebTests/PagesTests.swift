import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import Web

@Suite("Pages") struct PagesTests {
    @Test("what is interpolated is text, between tags and in attributes; what stands in the source is markup")
    func escaping() {
        let text = #"<script>alert("&amp;")</script> 'x' "# + "\0é😀"
        let html: HTML = "<td title=\"\(text)\">\(text)</td>"
        let escaped = "&lt;script&gt;alert(&quot;&amp;amp;&quot;)&lt;/script&gt; &#39;x&#39; \u{FFFD}é😀"
        #expect(html.markup == "<td title=\"\(escaped)\">\(escaped)</td>")
        #expect(HTML(text: text).markup == escaped)
        #expect(HTML(text: "plain").markup == "plain" && HTML.empty.markup == "")
    }

    @Test("every ASCII character of a value stands for itself, but for the five that would be markup")
    func everyCharacter() {
        let special: [UInt8: String] = [
            UInt8(ascii: "&"): "&amp;", UInt8(ascii: "<"): "&lt;", UInt8(ascii: ">"): "&gt;", UInt8(ascii: "\""): "&quot;",
            UInt8(ascii: "'"): "&#39;", 0: "\u{FFFD}",
        ]
        for byte in UInt8(0)..<128 {
            let character = String(Unicode.Scalar(byte))
            #expect(HTML(text: "a\(character)b").markup == "a\(special[byte] ?? character)b", "\(byte)")
        }
    }

    @Test("pieces are put together as they are, and numbers too")
    func pieces() {
        let rows: [HTML] = ["<", ">"].map { text -> HTML in "<li>\(text)</li>" }
        let list: HTML = "<ul>\(rows)</ul>\(rows[0])\(-12)"
        #expect(list.markup == "<ul><li>&lt;</li><li>&gt;</li></ul><li>&lt;</li>-12")
        var sum: HTML = "<b>"
        sum += HTML(rows)
        #expect((sum + "</b>").markup == "<b><li>&lt;</li><li>&gt;</li></b>")
    }

    @Test("an address begins with its path, whatever its parts hold")
    func addresses() {
        #expect(PageAddress.path("ops", "queues", "a/../b?c#d \"é") == "/ops/queues/a%2F..%2Fb%3Fc%23d%20%22%C3%A9")
        let values: [(name: String, value: String?)] = [
            (name: "a", value: "1&b=2"), (name: "c", value: nil), (name: "d", value: ""), (name: "é", value: "+"),
        ]
        let address = PageAddress.query("/ops", values)
        #expect(address == "/ops?a=1%26b%3D2&%C3%A9=%2B")
        #expect(PageAddress.query("/ops", [(name: "a", value: nil)]) == "/ops")
    }

    private static let frame = PageFrame(style: "p { color: red }", script: "console.log(\"<&>\")")

    @Test("a page runs one script and one style, which its policy names by what they are")
    func policy() throws {
        let document = Self.frame.document(title: "<T>", head: "<meta name=\"a\">", header: "<header></header>", main: "<p>x</p>")
        for (tag, source) in [("style", "style-src"), ("script", "script-src")] {
            let start = try #require(document.markup.range(of: "<\(tag)>"))
            let end = try #require(document.markup.range(of: "</\(tag)>"))
            let content = document.markup[start.upperBound..<end.lowerBound]
            let hash = Data(SHA256.hash(data: Array(content.utf8))).base64EncodedString()
            #expect(Self.frame.policy.contains("\(source) 'sha256-\(hash)'"))
        }
        #expect(document.markup.hasPrefix("<!doctype html>\n<html lang=\"en\">") && document.markup.contains("<title>&lt;T&gt;</title>"))
        for rule in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
            #expect(Self.frame.policy.contains(rule))
        }
        #expect(!Self.frame.policy.contains("unsafe"))
        let response = Self.frame.response(document, status: .forbidden)
        #expect(response.status == .forbidden && response.headers[.contentType] == "text/html; charset=utf-8")
        #expect(response.headers[.contentSecurityPolicy] == Self.frame.policy && response.headers[.cacheControl] == "no-store")
        #expect(response.headers[.xContentTypeOptions] == "nosniff")
    }

    private struct Unforeseen: Error, CustomStringConvertible {
        let description = "password=hunter2"
    }

    /// A page that throws what its query says, and one that reads a form.
    private var application: some ApplicationProtocol {
        let routes = RouteCollection(context: AppContext.self)
        routes.add(
            middleware: PageProblemMiddleware(table: ProblemTable()) { problem, context in
                let main: HTML = "<h1>\(problem.title)</h1><p>\(problem.detail ?? "")</p><p>\(context.id)</p>"
                return Self.frame.response(Self.frame.document(title: problem.title, main: main))
            })
        routes.get("/page") { request, _ -> Response in
            let query = try Query(request)
            if query["what"] == "problem" { throw Problem.conflict("<b>not now</b>") }
            throw Unforeseen()
        }
        routes.post("/form") { request, _ -> String in
            let form = try await request.readForm(limit: 100)
            return "\(form["a"] ?? "none") \(form["b"] ?? "none")"
        }
        let responder = WebResponder(authenticator: StubAuthenticator(), features: [], pages: [routes])
        return Application(responder: responder)
    }

    @Test("what a page throws is a page of the problem's status, and says nothing of what nobody foresaw")
    func problems() async throws {
        try await application.test(.router) { client in
            let conflict = try await client.execute(uri: "/page?what=problem", method: .get)
            #expect(conflict.status == .conflict && conflict.headers[.contentType] == "text/html; charset=utf-8")
            #expect(String(buffer: conflict.body).contains("&lt;b&gt;not now&lt;/b&gt;"))
            let failure = try await client.execute(uri: "/page", method: .get)
            #expect(failure.status == .internalServerError && !String(buffer: failure.body).contains("hunter2"))
        }
    }

    @Test("a form is read as browsers send it, and nothing else is taken for one")
    func forms() async throws {
        try await application.test(.router) { client in
            func send(_ body: String, _ type: String? = "application/x-www-form-urlencoded; charset=UTF-8") async throws -> TestResponse {
                var headers: HTTPFields = [:]
                if let type { headers[.contentType] = type }
                return try await client.execute(uri: "/form", method: .post, headers: headers, body: ByteBuffer(string: body))
            }
            let full = try await send("a=x+y%26z&b=%C3%A9")
            let empty = try await send("")
            #expect(String(buffer: full.body) == "x y&z é" && String(buffer: empty.body) == "none none")
            #expect(try await send("a=1", "text/plain").status == .unsupportedMediaType)
            #expect(try await send("a=1", nil).status == .unsupportedMediaType)
            #expect(try await send("a=%FF").status == .badRequest)
            #expect(try await send(String(repeating: "a", count: 101)).status == .contentTooLarge)
        }
    }
}
