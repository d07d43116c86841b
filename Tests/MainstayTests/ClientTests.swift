import Foundation
import Testing

@testable import mainstay

@Suite struct APIClientTests {
    @Test("where nobody listens the fault comes at once, with what to do", .timeLimit(.minutes(1)))
    func refused() async {
        let client = APIClient(url: "http://127.0.0.1:1/", token: nil)
        let started = ContinuousClock.now
        let error = await #expect(throws: APIClient.Unreachable.self) { _ = try await client.raw(.get, "/livez") }
        #expect(error?.description.hasPrefix("no ingress answers at http://127.0.0.1:1: start one with ops/up, or set MAINSTAY_URL") == true)
        #expect(ContinuousClock.now - started < .seconds(10))
    }

    @Test("a request waits ten seconds at the most, and at the end what is left")
    func waits() {
        let cases: [(rest: Duration, milliseconds: Int)] = [
            (.seconds(60), 10_000), (.seconds(10), 10_000), (.seconds(1), 1000), (.microseconds(1500), 2), (.zero, 0), (.seconds(-5), 0),
            (.seconds(1 << 60), 10_000),
        ]
        for (rest, milliseconds) in cases { #expect(JobAnswer.milliseconds(of: rest) == milliseconds, "\(rest)") }
    }
}

@Suite struct NDJSONTests {
    private func lines(_ text: String) -> [String] {
        NDJSON.lines(Data(text.utf8)).map { "\($0.number) \(String(decoding: $0.bytes, as: UTF8.self))" }
    }

    @Test("lines end with LF or CRLF, empty ones are left out, and all keep the numbers that an editor shows")
    func cut() {
        #expect(lines("{}\n[]\n") == ["1 {}", "2 []"])
        #expect(lines("{}\r\n\r\n[]\r\n") == ["1 {}", "3 []"])
        #expect(lines("{}") == ["1 {}"])
        #expect(lines("\n\n").isEmpty && lines("").isEmpty)
    }

    @Test("bytes that are no text pass as they are: the ingress says what is wrong with them")
    func bytes() {
        let lines = NDJSON.lines(Data([0x7b, 0xff, 0x0a, 0x7d]))
        #expect(lines == [.init(number: 1, bytes: Data([0x7b, 0xff])), .init(number: 2, bytes: Data([0x7d]))])
    }
}

@Suite struct WorkspaceSlugTests {
    @Test("a slug is made of a name, as far as there is one in it")
    func slug() {
        let long = String(repeating: "ab ", count: 20)
        let cases = [("Acme Labs", "acme-labs"), ("  --Acme__2 ", "acme-2"), ("北京", ""), (long, "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab")]
        for (name, slug) in cases { #expect(WorkspaceCommand.Create.slug(of: name) == slug) }
    }
}

@Suite struct ProfileFiguresTests {
    private func file(_ members: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("profile-\(UUID().uuidString).json").path
        let text = #"{"command":"make","started_at":"2025-01-02T03:04:05Z","duration_ms":1000,"exit_code":0,"# + members + "}"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("two profiles are compared figure by figure; what one lacks has no change")
    func compare() throws {
        let (first, second) = (try file(#""peak_rss":1000,"step":"build""#), try file(#""peak_rss":1255,"step":"test","cpu_ms":5"#))
        defer { for path in [first, second] { try? FileManager.default.removeItem(atPath: path) } }
        let json = try ProfileFigures(try ProfileFile.read(first), try ProfileFile.read(second)).json
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(object?["version"] as? Int == 1)
        let figures = object?["figures"] as? [[String: Any]] ?? []
        let peak = figures.first { $0["name"] as? String == "peak_rss" }
        #expect(peak?["first"] as? Int == 1000 && peak?["second"] as? Int == 1255 && peak?["change_percent"] as? Double == 25.5)
        let cpu = figures.first { $0["name"] as? String == "cpu_ms" }
        #expect(cpu?["first"] == nil && cpu?["second"] as? Int == 5 && cpu?["change_percent"] == nil)
        let step = (object?["circumstances"] as? [[String: Any]])?.first { $0["name"] as? String == "step" }
        #expect(step?["first"] as? String == "build" && step?["differs"] as? Bool == true)
    }
}
