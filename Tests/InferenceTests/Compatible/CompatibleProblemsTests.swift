import HTTPTypes
import Hummingbird
import NIOCore
import Testing
import Web

@testable import Inference

@Suite("Refusals in the words of other APIs") struct CompatibleProblemsTests {
    @Test("An acceptance that nobody knows of is not repeated by clients without a key, for it would be a second run", arguments: [false, true])
    func unknownAcceptance(isKeyed: Bool) throws {
        let problem = Problem(.serviceUnavailable, name: "acceptance-unknown", title: "t", detail: "d", retryAfter: .seconds(2))
        let retries = try #require(HTTPField.Name("x-should-retry"))
        let key = try #require(HTTPField.Name("idempotency-key"))
        for (format, path) in zip(CompatibleProblems.formats, ["/v1/messages", "/v1/chat/completions", "/v1/responses"]) {
            let fields: HTTPFields = isKeyed ? [key: "k"] : [:]
            let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: path, headerFields: fields)
            let answer = format.render(problem, Request(head: head, body: .init(buffer: ByteBuffer())))
            #expect(answer.headers[retries] == (isKeyed ? nil : "false"), "\(path)")
            #expect((answer.headers[.retryAfter] == "2") == isKeyed, "\(path)")
        }
    }
}
