import Foundation
import Testing

@testable import Inference

@Suite("The signature of a call") struct WebhookSignatureTests {
    /// The example that the specification's libraries test themselves with.
    @Test("it is the one of the specification's example")
    func example() throws {
        let secret = try #require(ToolSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let headers = WebhookSignature.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: Date(timeIntervalSince1970: 1_614_265_330.9), body: Array(#"{"test": 2432232314}"#.utf8),
            secrets: [secret])
        #expect(headers.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(
            headers.map(\.value) == ["msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="])
    }

    @Test("while a former secret is good a call carries a signature of each, the new one's first, and afterwards one")
    func overlap() throws {
        let (new, old) = (ToolSecret(), ToolSecret())
        func signature(_ secrets: [ToolSecret]) throws -> String {
            let headers = WebhookSignature.headers(id: "a", at: Date(timeIntervalSince1970: 1), body: [1], secrets: secrets)
            return try #require(headers.first { $0.name == "webhook-signature" }?.value)
        }
        let both = try signature([new, old])
        #expect(try both.split(separator: " ").map(String.init) == [signature([new]), signature([old])])

        let url = try #require(ToolURL("https://tools.example.com/"))
        let until = Date(timeIntervalSince1970: 1_760_000_000)
        let former = FormerSecret(secret: old, until: until)
        let tool = WebhookTool(id: UUID(), name: "a", url: url, secret: new, former: former, timeout: .seconds(1))
        #expect(tool.secrets(at: until.addingTimeInterval(-1)) == [new, old])
        #expect(tool.secrets(at: until) == [new])
        #expect(WebhookTool(id: UUID(), name: "a", url: url, secret: new, timeout: .seconds(1)).secrets(at: .distantPast) == [new])
    }

    @Test("a secret is read from its text, long enough, and printed nowhere")
    func secrets() throws {
        let secret = ToolSecret()
        #expect(ToolSecret(secret.revealed) == secret && secret.revealed.hasPrefix("whsec_") && secret.revealedBytes.count == 32)
        #expect(ToolSecret() != secret)
        #expect("\(secret)" == "***" && String(reflecting: secret) == "***")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains(secret.revealed.dropFirst(6)) && !dumped.contains("\(secret.revealedBytes[0]),"))
        for text in ["", "whsec_", "whsec_c2hvcnQ=", "sk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"] { #expect(ToolSecret(text) == nil, "\(text)") }
    }

    @Test("a call's name holds nothing but what a header and the signed text can hold")
    func ids() {
        #expect(WebhookSignature.id(run: "r", call: "call_9-a") == "r_call_9-a")
        #expect(WebhookSignature.id(run: "r", call: "a.b\r\nx: é") == "r_a_b__x____")
        #expect(WebhookSignature.id(run: "r", call: String(repeating: "x", count: 500)).count == 82)
    }
}
