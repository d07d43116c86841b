import Crypto
import Foundation
import Logging
import Redis

/// Carries the workspaces' limits from PostgreSQL to the partitions, where the scripts keep to them: within a second of a change, and
/// after a Redis that lost them. While PostgreSQL does not answer, what a partition has stands.
struct LimitsKeeper: Sendable {
    let store: LimitStore
    let queues: [Queue]
    let draining: Signal
    let clock: any Clock<Duration>
    let logger: Logger

    static let interval = Duration.seconds(1)

    func run() async {
        repeat {
            do {
                try await keep()
            } catch {
                logger.debug("limits could not be carried over", metadata: ["error": "\(error)"])
            }
        } while await draining.isQuiet(for: Self.interval, clock: clock)
    }

    func keep() async throws {
        let limits = Dictionary(grouping: try await store.all(), by: \.queue)
        for queue in queues { try await queue.keep(limits[queue.partition.queue] ?? []) }
    }
}

extension Queue {
    /// Makes these the limits of the partition. When it has them already this is one small call.
    func keep(_ limits: [WorkspaceLimit]) async throws {
        let words = limits.flatMap { limit in
            [
                limit.workspace?.lowercased ?? "*",
                "\(limit.running.map { String($0) } ?? "-") \(limit.perSecond.map { String(format: "%.3f", $0) } ?? "-")",
            ]
        }
        let digest =
            words.isEmpty ? "none" : Array(SHA256.hash(data: Data(words.joined(separator: ",").utf8)).prefix(16)).hexadecimal
        guard try await call(QueueScripts.limits, [.string(digest)]).integer == 0 else { return }
        _ = try await call(QueueScripts.limits, [.string(digest)] + words.map { .string($0) })
    }
}
