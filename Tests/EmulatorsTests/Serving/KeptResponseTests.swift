import NIOCore
import AsyncHTTPClient
import NIOHTTP1
import TestSupport
import Testing
import Web

@testable import Emulators

/// Responses in the background: made whether somebody reads them or not, and read from any number on.
@Suite("A Response in the background", .timeLimit(.minutes(1))) struct KeptResponseTests {
    private static let streamed = #"{"model":"m","input":"Hi","stream":true,"background":true,"store":true}"#

    private func values(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").filter { $0.hasPrefix("data: {") }.map { line in
            try JSONBody.decode(JSONValue.self, from: Array(line.dropFirst("data: ".count).utf8))
        }
    }

    private func id(_ values: [JSONValue]) throws -> String { try #require(values.first?["response"]?["id"]?.string) }

    @Test("is streamed once more behind any of its numbers, in the same bytes")
    func startingAfter() async throws {
        try await Asking.with(Answers.parallel) { asking in
            let whole = try await asking.ask("/responses", Self.streamed).text
            let all = try values(whole)
            #expect(all.compactMap { $0["sequence_number"] } == all.indices.map { JSONValue.count($0) })
            #expect(all.prefix(3).compactMap { $0["type"]?.string } == ["response.created", "response.queued", "response.in_progress"])
            #expect(all.first?["response"]?["status"] == "queued" && all.first?["response"]?["background"] == true)
            #expect(all.last?["type"] == "response.completed")
            let path = "/responses/\(try id(all))?stream=true"
            #expect(try await asking.ask(path, nil, method: .GET).text == whole)
            for number in all.indices {
                let rest = try await asking.ask("\(path)&starting_after=\(number)", nil, method: .GET)
                #expect(rest.status == 200)
                #expect(whole.hasSuffix(rest.text), "behind \(number)")
                #expect(try values(rest.text) == Array(all[(number + 1)...]), "behind \(number)")
            }
            let shown = try await asking.ask("/responses/\(try id(all))", nil, method: .GET).json()
            #expect(shown == all.last?["response"])
        }
    }

    @Test("goes on when its reader leaves, and when the script cuts the connection", arguments: [EmulatorEnding.Kind.reset, .withoutFinish, .hang])
    func cut(_ kind: EmulatorEnding.Kind) async throws {
        var answer = EmulatorAnswer(text: ["a", "b", "c", "d"], wire: .plain, ending: EmulatorEnding(kind, after: 2))
        // So that what comes before the reset is read before it.
        answer.pace.gap = .milliseconds(60)
        try await Asking.with(answer) { asking in
            var seen = ""
            do {
                for try await buffer in try await asking.open("/responses", Self.streamed).body {
                    seen += String(buffer: buffer)
                    if kind == .hang, seen.contains(#""delta":"b""#) { break }
                }
            } catch {
                #expect(kind == .reset)
            }
            #expect(seen.contains(#""delta":"b""#) && !seen.contains(#""delta":"c""#))
            let told = try values(seen.components(upToLastEvent: "\n\n"))
            let last = try #require(told.last?["sequence_number"])
            let path = "/responses/\(try id(told))?stream=true&starting_after=\(String(decoding: last.bytes(), as: UTF8.self))"
            let rest = try values(try await asking.ask(path, nil, method: .GET).text)
            #expect((told + rest).compactMap { $0["delta"]?.string } == ["a", "b", "c", "d"])
            #expect(rest.last?["type"] == "response.completed")
        }
    }

    @Test("is cancelled where it is, and once it is over no more")
    func cancel() async throws {
        var answer = EmulatorAnswer(text: ["a", "b"], wire: .plain)
        answer.pace.gap = .seconds(40)
        try await Asking.with(answer) { asking in
            var seen = ""
            for try await buffer in try await asking.open("/responses", Self.streamed).body {
                seen += String(buffer: buffer)
                guard seen.contains(#""delta":"a""#) else { continue }
                let path = "/responses/\(try id(try values(seen.components(upToLastEvent: "\n\n"))))"
                #expect(try await asking.ask("\(path)/cancel", "{}").json()["status"] == "cancelled")
                #expect(try await asking.ask(path, nil, method: .GET).json()["status"] == "cancelled")
                break
            }
            #expect(!seen.contains(#""delta":"b""#))
        }
        try await Asking.with(Answers.greeting) { asking in
            let path = "/responses/\(try id(try values(try await asking.ask("/responses", Self.streamed).text)))"
            #expect(try await asking.ask("\(path)/cancel", "{}").json()["status"] == "completed")
        }
    }

    @Test("is asked for without a stream, too; and what is not kept is not found")
    func whole() async throws {
        try await Asking.with(Answers.greeting) { asking in
            let made = try await asking.ask("/responses", #"{"model":"m","input":"Hi","background":true}"#).json()
            let path = "/responses/\(try #require(made["id"]?.string))"
            try await eventually("it is made") { try await asking.ask(path, nil, method: .GET).json()["status"] == "completed" }
            let done = try await asking.ask(path, nil, method: .GET).json()
            #expect(done["output"]?[0]?["content"]?[0]?["text"] == "Hello 世界")
            #expect(try await asking.ask("\(path)?stream=true", nil, method: .GET).status == 400)
            #expect(try await asking.ask("/responses/resp_none", nil, method: .GET).status == 404)
            #expect(try await asking.ask("/responses/resp_none/cancel", "{}").status == 404)
            #expect(try await asking.ask("\(path)?stream=true&starting_after=x", nil, method: .GET).status == 400)
            let unstored = #"{"model":"m","input":"Hi","stream":true,"background":true,"store":false}"#
            #expect(try await asking.ask("/responses", unstored).status == 400)
            // One in the foreground is not kept here.
            let plain = try values(try await asking.ask("/responses", #"{"model":"m","input":"Hi","stream":true}"#).text)
            #expect(try await asking.ask("/responses/\(try id(plain))", nil, method: .GET).status == 404)
        }
    }
}

extension String {
    /// Without what stands behind the last end of an event.
    fileprivate func components(upToLastEvent end: String) -> String {
        guard let range = ranges(of: end).last else { return "" }
        return String(self[..<range.upperBound])
    }
}
