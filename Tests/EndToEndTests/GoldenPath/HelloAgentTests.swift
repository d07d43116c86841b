import Foundation
import LocalStack
import TestSupport
import Testing

/// `ops/hello-agent.md`, as a reader pastes it: every block of it, in order, in one shell.
@Suite("Hello, agent", .serialized, .timeLimit(.minutes(10))) struct HelloAgentTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("ops/hello-agent.md")

    /// The blocks of a page that are for a shell.
    static func blocks(of text: String) -> [String] {
        var blocks: [String] = []
        var current: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            switch (line, current) {
            case ("```sh", nil): current = []
            case ("```", let lines?):
                blocks.append(lines.joined(separator: "\n") + "\n")
                current = nil
            default: current?.append(line)
            }
        }
        return blocks
    }

    @Test("only blocks for a shell are taken from a page, each as it stands")
    func reading() {
        #expect(Self.blocks(of: "a\n```sh\nb\n\nc\n```\n```json\n{}\n```\n```sh\nd\n```\n") == ["b\n\nc\n", "d\n"])
    }

    @Test("its blocks, pasted in order, lead to an agent that streams, calls a tool and remembers, in less than ten minutes")
    func page() async throws {
        let blocks = Self.blocks(of: try String(contentsOf: Self.page, encoding: .utf8))
        #expect(blocks.count == 6)
        let folder = try TestFolder.make("hello")
        try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/bin/mainstay", withDestinationPath: try Deployment.program)
        // Each block says where it begins and when; the first failure ends the script, as a reader would stop.
        let marked = blocks.enumerated().map { number, block in "echo \"== \(number + 1) $(date +%s)\"\n\(block)" }
        let script = "set -eu\ncd '\(folder)'\n\(marked.joined())echo \"== end $(date +%s)\"\n"
        try script.write(toFile: "\(folder)/page.sh", atomically: true, encoding: .utf8)
        var environment = UpStack.bareEnvironment
        environment["PATH"] = "\(folder)/bin:\(environment["PATH"] ?? "")"
        environment["PORT"] = "\(try FreePort.next())"

        let result = try await Program.run(words: ["/bin/sh", "\(folder)/page.sh"], environment: environment)
        // The page's last block does it where all went well.
        if result.status != 0 { try? await UpStack.down("\(folder)/.mainstay") }
        #expect(result.status == 0, "\(result.output.suffix(2_000))\n\(result.errors.suffix(2_000))")

        let parts: [String] = Array(result.output.components(separatedBy: "== ").dropFirst())
        try #require(parts.count == 7, "every block was run")
        let times = parts.compactMap { part in part.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } }
        try #require(times.count == 7)
        let taken = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(taken.reduce(0, +) < 600, "seconds of each block: \(taken)")

        #expect(parts[1].contains("I was told: You are Hello"), "the agent speaks as its character")
        #expect(parts[2].contains("\"type\":\"text.delta\"") && parts[2].contains("\"type\":\"run.completed\""))
        let (whole, rest) = (try Self.text("\(folder)/whole.txt"), try Self.text("\(folder)/rest.txt"))
        let tail = rest.dropFirst("retry: 500\n\n".count)
        #expect(tail.hasPrefix("id: 1-6\n") && whole.hasSuffix(tail), "the rest is the rest, byte for byte")
        #expect(parts[3].contains("\"type\":\"tool_call.delta\"") && parts[3].contains("\"type\":\"tool_call.completed\""))
        #expect(parts[3].contains("The tool answered: “You rolled a 4.”"))
        #expect(parts[4].contains("The tool answered") && parts[4].components(separatedBy: "Tern").count > 1, "the second conversation knows it")
        #expect(parts[5].contains("scripted"), "the report knows the runs")
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/.mainstay"), "nothing is left")
    }

    /// A file's text without heartbeats, which a machine that was slow may have got.
    private static func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).replacing(": heartbeat\n\n", with: "")
    }
}
