import ArgumentParser
import Foundation
import LocalStack

/// `mainstay up`: everything at once, private to one folder.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start private servers, an ingress and workers under one folder, and show them at work.",
        discussion: """
            The servers listen on loopback with generated passwords and keep their data in the folder. Ctrl-C stops all
            in order. `--down` stops a stack that was detached. A demonstration that fails does not stop the stack.

            EXAMPLES
              mainstay up                    until Ctrl-C
              mainstay up --detach           and give the prompt back
              mainstay up --down --wipe      stop it and remove its data

            EXIT CODES
              0 it is or was up   1 it could not come up, or (--detach) it is up and the demonstration failed
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
        if down {
            guard FileManager.default.fileExists(atPath: self.folder) else { return print("nothing to stop: there is no \(self.folder)") }
            return try await UpStop(folder: try UpFolder(self.folder), wipe: wipe).run()
        }
        let folder = try UpFolder(self.folder)
        if let supervisor = folder.running("up"), supervisor.pid != getpid() { return try await again(folder, supervisor) }
        folder.removeReady()
        if detach { return try await detached(folder) }
        try SelfMark.ensure(folder.mark, words: try words(folder, noDemo: noDemo))
        try await foreground(folder)
    }

    /// This command as it runs in the foreground, with the folder's whole path in it.
    private func words(_ folder: UpFolder, noDemo: Bool) throws -> [String] {
        [try UpStart.program(), "up", "--folder", folder.path, "--port", "\(port)", "--workers", "\(workers)"] + (noDemo ? ["--no-demo"] : [])
    }

    /// The stack is up already, or on its way.
    private func again(_ folder: UpFolder, _ supervisor: RunningProcess) async throws {
        guard folder.isReady else {
            throw UpFault("process \(supervisor.pid) is bringing this stack up at this moment; its log: \(folder.log("up"))")
        }
        Talk.say("already up (process \(supervisor.pid))")
        if BuildAge.isNewer(try UpStart.program(), than: folder.pidFile("up")) {
            Talk.say(
                "This program was built after that one was started. To run it: ops/down, then ops/up (or `mainstay up --down`, then `mainstay up`).")
        }
        guard try await show(folder) else { throw ExitCode.failure }
    }

    /// The supervisor itself, until SIGINT or SIGTERM.
    private func foreground(_ folder: UpFolder) async throws {
        let start = UpStart(folder: folder, port: port)
        try folder.publish(pid: getpid(), of: "up")
        defer {
            folder.removePid(of: "up")
            folder.removeReady()
        }
        let stack = try start.localStack()
        do {
            guard let environment = try await Interruption.orResult(of: { try await start.prepare(stack) }) else {
                Talk.say("stopping")
                return try await stack.stop()
            }
            let supervisor = Supervisor(folder: folder, program: try UpStart.program(), environment: environment)
            let ports = try FreePort.next(workers, except: [port])
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await supervisor.run(Supervisor.Child.all(of: folder, metricsPorts: ports))
                    return true
                }
                group.addTask {
                    await Interruption.signal()
                    return true
                }
                group.addTask {
                    await ServerWatch(stack: stack).run()
                    return false
                }
                group.addTask {
                    try await start.waitUntilReady()
                    try folder.publishReady(ports.map { "http://127.0.0.1:\($0)/metrics" })
                    // What went wrong with the demonstration is told; the stack runs on.
                    _ = try await show(folder)
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
        guard log >= 0 else { throw UpFault.unusable(folder.log("up"), String(cString: strerror(errno))) }
        defer { close(log) }
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard null >= 0 else { throw UpFault("cannot read /dev/null: \(String(cString: strerror(errno)))") }
        defer { close(null) }
        let pid = try Spawn.start(
            try words(folder, noDemo: true), environment: ProcessInfo.processInfo.environment, input: null, output: log, errors: log,
            newSession: true)
        let deadline = ContinuousClock.now + .seconds(120)
        while !folder.isReady {
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == 0 else {
                throw UpFault("it did not come up. Its last words:\n\(Supervisor.lastLines(of: folder.log("up"), 15))")
            }
            guard ContinuousClock.now < deadline else {
                throw UpFault("it was not ready within two minutes; its log: \(folder.log("up"))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        guard try await show(folder) else { throw ExitCode.failure }
    }

    /// Sends the demonstration's work, if it is wanted, and says what there is now.
    /// - Returns: false when the demonstration failed. That is told last, where it is seen.
    private func show(_ folder: UpFolder) async throws -> Bool {
        let environment = folder.environment()
        var failure: String?
        if !noDemo {
            do {
                let mine = environment.merging(ProcessInfo.processInfo.environment) { mine, _ in mine }
                try await Demonstration(settings: try await Settings.load(environment: mine), fillsRegistry: true).run()
            } catch {
                try Task.checkCancellation()
                failure = "\(error)"
            }
        }
        let program = URL(fileURLWithPath: try UpStart.program())
        let closing = UpClosing(
            url: environment["MAINSTAY_URL"] ?? "", folder: folder.path, program: program.deletingLastPathComponent().path,
            workers: folder.metricsPages)
        print(closing.text)
        // Of a pipe or a file it would be seen only when this process ends.
        fflush(nil)
        if let failure { Talk.say("\nThe stack is up, but its demonstration did not come to an end.\n\(failure)") }
        return failure == nil
    }
}
