import Foundation
import Redis

/// What a Redis has done since its counters were set back. Commands that a script calls are among them, each like any other.
struct RedisCounts: Sendable, Equatable {
    /// Calls by command, in lower case; `xgroup|create` for a sub-command.
    var calls: [String: Int] = [:]
    /// Bytes of the append-only file, its base included.
    var logBytes = 0

    /// Asking and connecting, which are no part of any job.
    private static let ours: Set<String> = ["info", "config", "auth", "hello", "client", "ping", "select", "script", "command"]

    /// All calls that jobs made.
    var commands: Int { calls.filter { !Self.ours.contains($0.key) }.values.reduce(0, +) }

    /// Script calls.
    var scripts: Int { (calls["evalsha"] ?? 0) + (calls["eval"] ?? 0) }

    /// Reads of a worker that wait for jobs. Those that a script makes would be among them; no script does.
    var reads: Int { calls["xreadgroup"] ?? 0 }

    /// Reads the counters, and sets those of commands back.
    static func take(from servers: BenchServers) async throws -> RedisCounts {
        let replies = try await servers.ask([
            RedisCommand("INFO", "commandstats"), RedisCommand("INFO", "persistence"), RedisCommand("CONFIG", "RESETSTAT"),
        ])
        return RedisCounts(commandStatistics: replies[0].string ?? "", persistence: replies[1].string ?? "")
    }

    init(commandStatistics: String, persistence: String) {
        for line in commandStatistics.split(whereSeparator: \.isNewline) where line.hasPrefix("cmdstat_") {
            let parts = line.dropFirst(8).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let calls = Self.number("calls=", in: parts[1].split(separator: ",")) else { continue }
            // What cannot be asked for its name alone is counted under it: `config|resetstat` is ours as `config` is.
            let name = parts[0].split(separator: "|").first.map(String.init) ?? ""
            let key = Self.ours.contains(name) ? name : String(parts[0])
            self.calls[key, default: 0] += calls
        }
        logBytes = Self.number("aof_current_size:", in: persistence.split(whereSeparator: \.isNewline)) ?? 0
    }

    private static func number(_ prefix: String, in words: [Substring]) -> Int? {
        words.first { $0.hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) }
    }
}
