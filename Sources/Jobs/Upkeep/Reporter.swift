import Foundation
import Logging
import Redis

/// Tells Redis once a second what this worker does, for those who watch, from before its first read to after its last
/// acknowledgement. Nothing depends on it: what cannot be told is left out, and the worker goes on.
struct Reporter: Sendable {
    let worker: UUID
    let activity: Activity
    let redis: RedisClient
    let keys: FleetKeys
    /// Raised when nothing of this worker is under way any more.
    let ended: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    static let interval = Duration.seconds(1)
    /// What a worker told last is forgotten after this, and the worker is silent then.
    static let expiry = Duration.seconds(15)

    func run() async {
        repeat { await report() } while await ended.isQuiet(for: Self.interval, clock: clock)
        _ = try? await redis.send(RedisCommand("DEL", .string(keys.report(worker))), timeout: .milliseconds(500))
    }

    func report() async {
        let (report, progress) = activity.draw()
        do {
            let encoder = JSONEncoder()
            var commands: [RedisCommand] = []
            for (job, told) in progress { commands.append(set(keys.progress(job), to: try encoder.encode(told))) }
            commands.append(set(keys.report(worker), to: try encoder.encode(report)))
            for case .error(let text) in try await redis.pipeline(commands, timeout: .seconds(2)) {
                throw RedisError(serverReply: text, command: "SET")
            }
        } catch {
            logger.debug("no report was possible", metadata: ["error": "\(error)"])
        }
    }

    private func set(_ key: String, to value: Data) -> RedisCommand {
        RedisCommand("SET", .string(key), .bytes(Array(value)), "PX", .integer(Self.expiry.milliseconds))
    }
}
