import Foundation
import LocalStack

/// Closed-loop load over HTTP, made by `wrk`: so many connections, each with one request under way at a time, the next one sent
/// when the answer is there.
///
/// A client in this process would share its threads, allocator and cores with the server that it measures, and costs about as
/// much for a request as the server does; on two cores the figure would say as much of the client as of the server. wrk spends a
/// few microseconds of C on a request and is packaged by Debian and Homebrew. `ab` speaks HTTP/1.0 with one thread, `hey`
/// takes several times wrk's CPU. wrk's own CPU is reported with each figure, so that a generator at its limit is seen.
struct LoadGenerator: Sendable {
    /// One request, sent again and again, or one for each of some paths.
    struct Target: Sendable {
        let url: String
        var method = "GET"
        var headers: [(name: String, value: String)] = []
        var body: String?
        /// Asked for in turn instead of the URL's own, from the first again after the last; whichever connection is free asks for the next.
        var paths: [String] = []
    }

    /// What one run came to.
    struct Figure: Sendable, Equatable {
        let requests: Int
        let seconds: Double
        /// Milliseconds.
        let p50: Double
        let p99: Double
        let max: Double
        /// The generator's own, in cores.
        let cores: Double

        var rate: Double { Double(requests) / seconds }
    }

    /// wrk's path.
    let program: String
    let connections: Int

    /// - Throws: `BenchFault.noGenerator` when there is no wrk in `PATH`.
    init(connections: Int, path: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin") throws {
        let places = path.split(separator: ":").map { "\($0)/wrk" }
        guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BenchFault.noGenerator("there is no wrk in PATH, which makes the load")
        }
        program = found
        self.connections = connections
    }

    /// Loads a target for some whole seconds.
    /// - Throws: `BenchFault.refused` when any answer was a fault (400 and above), or a connection broke.
    func run(_ target: Target, seconds: Int) async throws -> Figure {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mainstay-load-\(UUID().uuidString.lowercased())")
        // Closed to others: the script holds a token.
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appendingPathComponent("request.lua")
        try Self.script(for: target).write(to: script, atomically: true, encoding: .utf8)
        let output = folder.appendingPathComponent("output").path
        let words = [
            program, "--threads", "1", "--connections", "\(connections)", "--duration", "\(seconds)s", "--timeout", "10s", "--script", script.path,
            target.url,
        ]
        let ending = try await Self.run(words, output: output)
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        guard ending == .exit(0) else { throw BenchFault.noGenerator("wrk ended with \(ending): \(text.suffix(300))") }
        return try Self.figure(from: text)
    }

    private static func run(_ words: [String], output path: String) async throws -> ChildEnding {
        let output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(output)
            close(null)
        }
        guard output >= 0, null >= 0 else { throw BenchFault.noGenerator("no output could be opened for wrk: \(String(cString: strerror(errno)))") }
        let pid = try Spawn.start(words, environment: ["PATH": "/usr/bin:/bin"], input: null, output: output, errors: output)
        return await withTaskCancellationHandler {
            await ChildEnding.of(pid)
        } onCancel: {
            kill(pid, SIGTERM)
        }
    }

    // MARK: wrk's script and its answer

    /// The request as wrk is told it, and a last line in JSON.
    static func script(for target: Target) -> String {
        var lines = ["wrk.method = \(quoted(target.method))"]
        for (name, value) in target.headers { lines.append("wrk.headers[\(quoted(name))] = \(quoted(value))") }
        if let body = target.body { lines.append("wrk.body = \(quoted(body))") }
        if !target.paths.isEmpty { lines.append("local paths = {\(target.paths.map(quoted).joined(separator: ",\n"))}\n\(turns)") }
        return lines.joined(separator: "\n") + "\n" + ending
    }

    /// The requests are made before the first is sent, when wrk knows the host, so that a turn costs next to nothing. There is one thread.
    private static let turns = """
        local requests = {}
        local last = 0
        init = function(args)
          for place, path in ipairs(paths) do requests[place] = wrk.format(nil, path) end
        end
        request = function()
          last = last % #requests + 1
          return requests[last]
        end
        """

    /// os.clock() is the CPU time of the whole process.
    private static let ending = #"""
        done = function(summary, latency, requests)
          local errors = summary.errors
          io.write(string.format(
            '\n{"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d,"max":%d,"cpu":%.3f}\n',
            summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
            latency:percentile(50), latency:percentile(99), latency.max, os.clock()))
        end
        """#

    /// A Lua string: every byte that is not plain is written by its number.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for byte in text.utf8 {
            let isPlain = (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            if isPlain { quoted.unicodeScalars.append(Unicode.Scalar(byte)) } else { quoted += String(format: "\\%03d", Int(byte)) }
        }
        return quoted + "\""
    }

    private struct Answer: Decodable {
        let requests: Int
        let microseconds: Int
        let refused: Int
        let broken: Int
        let p50: Double
        let p99: Double
        let max: Double
        let cpu: Double
    }

    /// Reads the last line of what wrk printed.
    static func figure(from text: String) throws -> Figure {
        guard let line = text.split(separator: "\n").last(where: { $0.hasPrefix("{") }),
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8)), answer.microseconds > 0
        else { throw BenchFault.noGenerator("wrk did not say what it measured: \(text.suffix(300))") }
        guard answer.refused == 0, answer.broken == 0, answer.requests > 0 else {
            throw BenchFault.refused("\(answer.refused) of \(answer.requests) answers were faults, \(answer.broken) connections broke or timed out")
        }
        let seconds = Double(answer.microseconds) / 1e6
        return Figure(
            requests: answer.requests, seconds: seconds, p50: answer.p50 / 1000, p99: answer.p99 / 1000, max: answer.max / 1000,
            cores: answer.cpu / seconds)
    }
}
