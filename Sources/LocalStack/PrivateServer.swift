#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One server of a stack: what differs between Redis and PostgreSQL. The order of things is in `LocalStack`.
protocol PrivateServer: Sendable {
    var server: Server { get }
    var folder: StackFolder { get }
    /// The process that its pid file names, if that is really this server.
    func running() -> RunningProcess?
    /// Writes the configuration and returns the words that run the server in the foreground.
    func prepare(port: Int, tools: Tools) async throws -> [String]
    /// Whether it answers queries now. Asked again and again while it starts.
    func isReady(port: Int, tools: Tools) async throws -> Bool
    /// Signals that end it, the gentlest first.
    var endings: [Int32] { get }
}

extension PrivateServer {
    /// Starts it on `port` and returns when it answers.
    ///
    /// - Parameter limit: an answer may take as long as reading the data of a crashed server does; its death is noticed at once.
    /// - Throws: `portInUse`; `serverFailed` with the last lines of its log; `deadline`.
    func launch(port: Int, tools: Tools, limit: Duration = .seconds(300)) async throws -> RunningProcess {
        let end = ContinuousClock.now + limit
        let words = try await prepare(port: port, tools: tools)
        while true {
            let earlier = folder.read(folder.log(of: server))?.utf8.count ?? 0
            let process = try await daemon(tools.account.words(words))
            if let process, try await answers(process, port: port, tools: tools, until: end) { return process }

            let said = String(decoding: (folder.read(folder.log(of: server)) ?? "").utf8.dropFirst(earlier), as: UTF8.self)
            if Diagnosis.isStillLettingGo(said), ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(100))
                continue
            }
            if Diagnosis.isPortTaken(said) {
                throw LocalStackError(
                    .portInUse, "port \(port) on 127.0.0.1 is taken by another process", remedy: "Choose another, or none: then a free one is found.")
            }
            throw LocalStackError(
                process?.isAlive == true ? .deadline : .serverFailed,
                "\(server.rawValue) did not start; the end of \(folder.log(of: server)):\n\(said.lastLines(15))", remedy: Diagnosis.remedy(for: said))
        }
    }

    /// Ends the server; a `limit` is given to each signal in turn, and kill -9 is the last.
    func stop(limit: Duration) async throws {
        guard let process = running() else { return }
        for signal in endings + [SIGKILL] {
            guard process.signal(signal) else {
                throw LocalStackError(
                    .busy, "\(server.rawValue) (process \(process.pid)) belongs to another user", remedy: "Stop it as the user that started it.")
            }
            if try await process.waitForEnd(limit: limit) { return }
        }
        throw LocalStackError(.deadline, "\(server.rawValue) (process \(process.pid)) does not end, not even by kill -9")
    }

    /// Leaves a process running by itself: in a session of its own, its output in the log, adopted by the system's first
    /// process when the shell between has ended. Nil when the shell did not tell its id.
    private func daemon(_ words: [String]) async throws -> RunningProcess? {
        let script = "\"$@\" </dev/null >>\"$LOG\" 2>&1 & echo $!"
        let command = Command(
            name: server.rawValue, words: ["/bin/sh", "-c", script, "sh"] + words, environment: ["LOG": folder.log(of: server)], detached: true)
        let answer = try await command.check()
        guard let pid = pid_t(answer.lastLines(1)) else { return nil }
        return RunningProcess(started: pid, mark: folder.home(of: server))
    }

    private func answers(_ process: RunningProcess, port: Int, tools: Tools, until end: ContinuousClock.Instant) async throws -> Bool {
        while process.isAlive, ContinuousClock.now < end {
            if try await isReady(port: port, tools: tools) { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}
