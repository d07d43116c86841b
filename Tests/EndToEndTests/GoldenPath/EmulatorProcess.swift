import AsyncHTTPClient
import Foundation
import LocalStack
import NIOCore
import TestSupport
import Testing

/// `mainstay emulate` as a process of its own.
struct EmulatorProcess: Sendable {
    /// Each with a format in which workers speak to it.
    static let formats = [("openai", "openai"), ("openai", "openai-responses"), ("anthropic", "anthropic"), ("openrouter", "openrouter")]

    /// The base URL of a client of that provider.
    let url: String
    private let port: Int

    /// What was asked of it.
    struct Book: Sendable {
        let requests: Int
        /// Answers under way.
        let open: Int
        /// Answers whose client closed its connection before the end.
        let clientsLeft: Int
    }

    /// Starts one, hands it to `body` when it listens, and asks it to leave.
    ///
    /// - Parameters:
    ///   - kind: `openai`, `anthropic` or `openrouter`.
    ///   - script: What it answers; the built-in script where no rule fits.
    static func with(_ kind: String, script: String = #"{"rules":[]}"#, _ body: @Sendable (EmulatorProcess) async throws -> Void) async throws {
        let folder = try TestFolder.make("emulator")
        try script.write(toFile: "\(folder)/script.json", atomically: true, encoding: .utf8)
        let descriptors = ["address", "err"].map { open("\(folder)/\($0)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in descriptors + [null] { close(descriptor) } }
        let pid = try Spawn.start(
            [try Deployment.program, "emulate", kind, "--json", "--script", "\(folder)/script.json"],
            environment: ["PATH": "/usr/bin:/bin"], input: null, output: descriptors[0], errors: descriptors[1])
        // By it and the folder in the command line the process is found, should this one die.
        try "\(pid)\n".write(toFile: "\(folder)/emulator.pid", atomically: true, encoding: .utf8)
        do {
            try await body(try await listening(folder))
        } catch {
            kill(pid, SIGKILL)
            _ = await Program.end(of: pid)
            throw error
        }
        kill(pid, SIGTERM)
        #expect(await Program.end(of: pid) == 0)
    }

    private static func listening(_ folder: String) async throws -> EmulatorProcess {
        var line = ""
        try await eventually(timeout: .seconds(30), "the emulator says its address") {
            line = (try? String(contentsOfFile: "\(folder)/address", encoding: .utf8)) ?? ""
            return line.hasSuffix("\n")
        }
        let told = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        guard let url = told?["url"] as? String, let port = told?["port"] as? Int else { throw TestSupportError("no address: \(line)") }
        return EmulatorProcess(url: url, port: port)
    }

    /// What a deployment is told to have it for its provider.
    func variables(format: String) -> [String: String] {
        // Of Anthropic's clients alone the base URL has no version.
        let base = format == "anthropic" ? "\(url)/v1" : url
        return [
            "MAINSTAY_PROVIDER_URL": base, "MAINSTAY_PROVIDER_KEY": "sk-none", "MAINSTAY_PROVIDER_MODEL": "tale",
            "MAINSTAY_PROVIDER_FORMAT": format, "MAINSTAY_LEASE_SECONDS": "30",
        ]
    }

    func book() async throws -> Book {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)/_emulator/requests"), timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        let told = try JSONSerialization.jsonObject(with: Data(bytes.readableBytesView)) as? [String: Any]
        return Book(
            requests: (told?["requests"] as? [Any])?.count ?? 0, open: told?["open"] as? Int ?? 0, clientsLeft: told?["clients_left"] as? Int ?? 0)
    }
}
