import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Web

@Suite("A body that is not sent to its end", .timeLimit(.minutes(1)))
struct HalfSentBodyTests {
    @Test(
        "has no effect, although what was sent is a whole document",
        arguments: [["Content-Length: 500"], ["Transfer-Encoding: chunked"]])
    func halfSent(_ framing: [String]) async throws {
        let fixture = WebFixture()
        let document = #"{"name":"a"}"#
        let body = framing[0].hasPrefix("Content") ? document : "\(String(document.utf8.count, radix: 16))\r\n\(document)\r\n"
        try await fixture.application.test(.live) { client in
            let request = RawClient.request("POST", "/v1/things", headers: ["Authorization: Bearer good"] + framing, body: body)
            try await RawClient.run(port: client.port!) { _, outbound in try await outbound.write(request) }
            var effects = fixture.effects.makeAsyncIterator()
            guard case .failure(let error as Problem) = await effects.next() else {
                Issue.record("the handler went on with half a body")
                return
            }
            #expect(error.status == .badRequest)
        }
    }
}
