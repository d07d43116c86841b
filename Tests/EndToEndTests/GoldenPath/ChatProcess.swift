import Foundation
import LocalStack
import TestSupport

/// `mainstay chat` under way: what it has printed can be looked at while it runs.
struct ChatProcess: Sendable {
    private let pid: Int32
    private let output: String
    private let talk: String

    init(_ arguments: [String], environment: [String: String]) throws {
        let folder = try TestFolder.make("chat")
        output = "\(folder)/out"
        talk = "\(folder)/err"
        let descriptors = [output, talk].map { (path: String) in open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in descriptors + [null] { close(descriptor) } }
        pid = try Spawn.start(
            [try Deployment.program, "chat"] + arguments, environment: environment, input: null, output: descriptors[0], errors: descriptors[1])
    }

    /// Its standard output, byte for byte; a character of which only a part is there yet shows as U+FFFD.
    var text: String { FileManager.default.contents(atPath: output).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// Whole lines of its standard output.
    var lines: [String] {
        // What follows the last line break is a line that is not whole.
        text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    /// What it said on standard error.
    var errors: String { (try? String(contentsOfFile: talk, encoding: .utf8)) ?? "" }

    /// Sends a signal: SIGINT is what Ctrl-C does.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end.
    /// - Returns: its exit code, or 128 + the signal that ended it.
    func end() async -> Int32 { await Program.end(of: pid) }
}
