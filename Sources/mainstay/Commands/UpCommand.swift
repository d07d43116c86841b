import ArgumentParser
import Foundation
import LocalStack
import Logging
import Schema
import ServiceLifecycle
import UnixSignals

/// `mainstay up`: everything at once, private to one folder.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start private servers, an ingress and workers under one folder, and show them at work.",
        discussion: """
            The servers listen on loopback with generated passwords and keep their data in the folder. Ctrl-C stops all
            in order. `--down` stops a stack that was detached.

            EXAMPLES
              mainstay up                    until Ctrl-C
              mainstay up --detach           and give the prompt back
              mainstay up --down --wipe      stop it and remove its data
            """)

    @Option(help: "The folder that holds everything.") var folder = ".mainstay"
    @Option(help: "Port of the ingress.") var port = 8080
    @Option(help: "How many worker processes.") var workers = 2
    @Flag(help: "Give the prompt back once it is up.") var detach = false
    @Flag(name: .customLong("no-demo"), help: "Do not send work through it.") var noDemo = false
    @Flag(help: "Stop a stack and keep its data.") var down = false
    @Flag(help: "With --down: remove its data too.") var wipe = false

    func validate() throws {
        guard (0...64).contains(workers) else { throw ValidationError("--workers takes 0 to 64") }
        guard (1...65535).contains(port) else { throw ValidationError("--port takes 1 to 65535") }
        guard !wipe || down else { throw ValidationError("--wipe goes with --down") }
    }

    func run() async throws {
        let folder = try UpFolder(folder)
        if down { return try await UpStop(folder: folder, wipe: wipe).run() }
        if let pid = folder.running("up")?.pid, pid != getpid() {
            guard FileManager.default.fileExists(atPath: folder.readyFile) else {
                throw UpFault("process \(pid) is bringing this stack up at this moment; its log: \(folder.log("up"))")
            }
            Talk.say("already up (process \(pid))")
            return try await show(folder)
        }
        try? FileManager.default.removeItem(atPath: folder.readyFile)
        if detach { return try await detached(folder) }
        try await foreground(folder)
    }

    /// The supervisor itself, until SIGINT or SIGTERM.
    private func foreground(_ folder: UpFolder) async throws {
        let start = UpStart(folder: folder, port: port)
        try folder.write(pid: getpid(), of: "up")
        defer {
            folder.removePid(of: "up")
            try? FileManager.default.removeItem(atPath: folder.readyFile)
        }
        let stack = try start.localStack()
        do {
            let environment = try await start.prepare(stack)
            let supervisor = Supervisor(folder: folder, program: try UpStart.program(), environment: environment)
            let children =
                [Supervisor.Child(name: "serve", arguments: ["serve"])]
                + (0..<workers).map { Supervisor.Child(name: "work-\($0 + 1)", arguments: ["work"]) }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await supervisor.run(children)
                    return true
                }
                group.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                    return true
                }
                group.addTask {
                    try await start.waitUntilReady()
                    try Data().write(to: URL(fileURLWithPath: folder.readyFile))
                    try await show(folder)
                    return false
                }
                while let ends = try await group.next(), !ends {}
                Talk.say("stopping")
                group.cancelAll()
            }
        } catch {
            try? await stack.stop()
            throw error
        }
        try await stack.stop()
    }

    /// Starts the supervisor in a session of its own and waits until it is ready.
    private func detached(_ folder: UpFolder) async throws {
        let log = open(folder.log("up"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        let words = [
            try UpStart.program(), "up", "--folder", folder.path, "--port", "\(port)", "--workers", "\(workers)", "--no-demo",
        ]
        let pid = try Spawn.start(
            words, environment: ProcessInfo.processInfo.environment, input: null, output: log, errors: log, newSession: true)
        let deadline = ContinuousClock.now + .seconds(120)
        while !FileManager.default.fileExists(atPath: folder.readyFile) {
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == 0 else {
                throw UpFault("it did not come up. Its last words:\n\(Supervisor.lastLines(of: folder.log("up"), 15))")
            }
            guard ContinuousClock.now < deadline else {
                throw UpFault("it was not ready within two minutes; its log: \(folder.log("up"))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await show(folder)
    }

    private func show(_ folder: UpFolder) async throws {
        let environment = folder.environment()
        if !noDemo {
            try await Demonstration(
                settings: try await Settings.load(environment: environment.merging(ProcessInfo.processInfo.environment) { mine, _ in mine })
            )
            .run()
        }
        let url = environment["MAINSTAY_URL"] ?? ""
        print(
            """

            Mainstay is up.
              ingress      \(url)/            API description: \(url)/openapi.json
              health       \(url)/livez  \(url)/readyz  \(url)/metrics
              variables    set -a; . \(folder.environmentFile); set +a
              logs         \(folder.path)/log/
              try          mainstay agent list
                           mainstay chat "Hello"
                           mainstay report queue-health
              stop         ops/down
            """)
    }
}
