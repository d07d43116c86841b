import Foundation
import Testing

@testable import mainstay

@Suite struct LineSubmissionTests {
    @Test(
        "a document is given a key as its first member, unless it has one or is no object",
        arguments: [
            (#"{"subject":"x"}"#, #"{"idempotency_key":"k","subject":"x"}"#), (#"  { "a":1}"#, #"{"idempotency_key":"k", "a":1}"#),
            ("{}", #"{"idempotency_key":"k"}"#), ("{ }", #"{"idempotency_key":"k" }"#), ("[1]", "[1]"), ("", ""),
            (#"{"idempotency_key":"own","subject":"x"}"#, #"{"idempotency_key":"own","subject":"x"}"#),
        ])
    func keyed(document: String, expected: String) {
        let keyed = NDJSON.keyed(Data(document.utf8), key: "k")
        #expect(String(decoding: keyed, as: UTF8.self) == expected)
    }

    @Test("results are cut from the answer however it comes")
    func cutter() {
        let answer = Array("{\"line\":1}\n{\"line\":2}\n".utf8)
        for cut in 0...answer.count {
            var cutter = LineCutter()
            let lines = cutter.feed(answer[..<cut]) + cutter.feed(answer[cut...])
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["{\"line\":1}", "{\"line\":2}"])
        }
    }

    @Test("a refused line says why, and where")
    func reason() throws {
        let text = """
            {"line":7,"status":422,"problem":{"type":"t","title":"The request is not valid","status":422,"detail":"2 places are at fault.",\
            "errors":[{"pointer":"#/subject","detail":"The subject is empty."},{"pointer":"#/priority","detail":"Send one of `low`."}]}}
            """
        let result = try JSONDecoder().decode(LineSubmission.Result.self, from: Data(text.utf8))
        #expect(!result.isAccepted && result.line == 7)
        #expect(result.reason == "The request is not valid (422): #/subject: The subject is empty. #/priority: Send one of `low`.")
    }
}
