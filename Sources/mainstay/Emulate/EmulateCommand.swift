import ArgumentParser
import Emulators
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// `mainstay emulate`: a provider of models that needs no network and no key.
struct EmulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate",
        abstract: "Serve the wire of a provider of models, as a script tells it.",
        discussion: """
            For tests, offline demonstrations and load. Without a script it repeats what it is told, calls a tool that is offered and
            named, and does tricks on magic words in a message: [[error:429]], [[cut:3]], [[tool:get_weather]], [[slow:50ms]].
            ops/emulators.md has all of them, and how a script is written. What was asked: GET /_emulator/requests.

            EXAMPLES
              mainstay emulate openai --port 8091
              mainstay emulate anthropic --script answers.json --seed 7
              mainstay emulate openrouter --json          one line with the address, then it serves until SIGTERM
            """)

    @OptionGroup var mark: StackMark
    @Argument(help: "Whose wire: \(EmulatorKind.allCases.map(\.rawValue).joined(separator: ", ")).") var kind: EmulatorKind
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "Port to listen on; 0 takes any that is free.") var port = 0
    @Option(help: ArgumentHelp("What it answers, as JSON.", valueName: "file")) var script: String?
    @Option(help: "What is drawn (words, ids, jitter) is the same for the same seed.") var seed: UInt64 = 1
    @Flag(help: "Print the address as one JSON object.") var json = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port is a number from 0 to 65535") }
    }

    func run() async throws {
        let script = try script.map(Self.read) ?? .builtIn
        DescriptorLimit.raise()
        var logger = Logger(label: "mainstay.emulate")
        // The server's own talk about listening is said below, in a form that programs can read.
        logger.logLevel = .warning
        let server = EmulatorServer(kind: kind, script: script, host: host, port: port, seed: seed, logger: logger)
        let group = ServiceGroup(
            configuration: .init(services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            tasks.addTask { [json] in
                let (url, port) = (try await server.url(), try await server.port())
                let text =
                    json
                    ? #"{"version":1,"kind":"\#(server.kind.rawValue)","url":"\#(url)","port":\#(port)}"#
                    : "\(server.kind.rawValue) at \(url), the base URL of a client"
                // Not `print`: whoever reads this through a pipe waits for it.
                FileHandle.standardOutput.write(Data((text + "\n").utf8))
            }
            try await tasks.waitForAll()
        }
    }

    private static func read(_ file: String) throws -> EmulatorScript {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw ValidationError("--script \(file) cannot be read: \(error.localizedDescription)")
        }
        do {
            return try EmulatorScript(json: data)
        } catch {
            throw ValidationError("--script \(file): \(error)")
        }
    }
}

extension EmulatorKind: ExpressibleByArgument {}
