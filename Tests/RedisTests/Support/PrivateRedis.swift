import Foundation
import LocalStack
import Redis
import Synchronization
import TestSupport

/// A redis-server of one test, which the test may kill, stop and start again on the same socket.
final class PrivateRedis: Sendable {
    let folder: String
    let socket: String
    private let words: [String]
    private let process = Mutex<Process?>(nil)

    /// `words` are added to the command line. It listens on a unix socket only, unless they say otherwise.
    init(_ words: [String] = []) throws {
        folder = try TestFolder.make("redis")
        socket = "\(folder)/s"
        self.words = ["--dir", folder, "--pidfile", "\(folder)/redis.pid", "--unixsocket", socket, "--save", ""] + words
    }

    var url: String { "unix://\(socket)" }

    /// Runs `body` with a server, which is gone afterwards.
    static func with<R: Sendable>(_ words: [String] = ["--port", "0"], _ body: (PrivateRedis) async throws -> R) async throws -> R {
        let server = try PrivateRedis(words)
        try server.start()
        do {
            let result = try await body(server)
            await server.kill()
            return result
        } catch {
            await server.kill()
            throw error
        }
    }

    /// Returns when the process runs, not when it listens: whoever connects waits for that.
    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A stopped server is found by its folder on the command line and killed with the test process.
        process.arguments = ["redis-server"] + words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
    }

    /// kill -9; returns when the process has ended.
    func kill() async {
        guard let process = process.withLock({ $0.take() }) else { return }
        // A paused process dies of it all the same.
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        try? await eventually("the server's end") { !process.isRunning }
    }

    /// SIGSTOP: the sockets stay open and nobody answers.
    func pause() {
        signal(SIGSTOP)
    }

    func resume() {
        signal(SIGCONT)
    }

    private func signal(_ number: Int32) {
        process.withLock { process in
            if let process { _ = Foundation.kill(process.processIdentifier, number) }
        }
    }
}
