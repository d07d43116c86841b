import Foundation
import Logging
import Redis
import Synchronization

/// Measures the queues once a second, for back-pressure and for the metrics, and says who may put no more into one. A queue that
/// cannot be measured is unknown and not empty: it is absent here, and ledger kinds go on being accepted, for their acceptance does
/// not need Redis.
final class BacklogMonitor: Sendable {
    private struct Seen {
        var backlog: Backlog
        /// Jobs acknowledged a second, smoothed over some ten seconds; nil until two measures were taken.
        var rate: Double?
        var at: ContinuousClock.Instant
        var window: RateWindow
        /// Jobs acknowledged a second over the window: zero, where `rate` only comes near it.
        var recent: Double?
    }

    let queues: [String]
    private let redis: RedisClient
    private let configuration: JobsConfiguration
    private let logger: Logger
    private let workspaces: WorkspaceBacklogs
    private let stopping = Signal()
    private let seen = Mutex<[String: Seen]>([:])

    init(redis: RedisClient, configuration: JobsConfiguration, queues: [String], logger: Logger) {
        self.redis = redis
        self.configuration = configuration
        self.queues = queues
        self.logger = logger
        self.workspaces = WorkspaceBacklogs(redis: redis, configuration: configuration, logger: logger)
    }

    var backlogs: [String: Backlog] { seen.withLock { $0.mapValues(\.backlog) } }

    /// Jobs acknowledged a second over the last half minute; a queue that was not measured twice is absent.
    var rates: [String: Double] { seen.withLock { $0.compactMapValues(\.recent) } }

    func drainTime(of queue: String) -> Duration? {
        seen.withLock { seen in seen[queue].flatMap { $0.backlog.drainTime(perSecond: $0.rate) } }.map { max(.seconds(1), min($0, .seconds(600))) }
    }

    func isOverBound(_ queue: String) -> Bool {
        seen.withLock { ($0[queue]?.backlog.total ?? 0) >= configuration.backlogBound }
    }

    /// Neither the queue nor any workspace in it can be over its bound, by the last measure; true of a queue that could not be measured,
    /// as ``refusal(by:)`` has it.
    func hasRoom(_ queue: String) -> Bool {
        seen.withLock { seen in
            guard let backlog = seen[queue]?.backlog else { return true }
            return backlog.total < configuration.backlogBound && backlog.due < configuration.workspaceBound
        }
    }

    /// - Returns: `.backlogFull` when the queue was over its bound at the last measure.
    func refusal(by queue: String) -> JobError? {
        guard let total = seen.withLock({ $0[queue]?.backlog.total }), total >= configuration.backlogBound else { return nil }
        return JobError(
            .backlogFull, subject: queue, message: "\(total) jobs wait already, the bound is \(configuration.backlogBound)",
            retryAfter: drainTime(of: queue) ?? .seconds(5))
    }

    /// - Returns: `.workspaceBacklogFull` when the workspace was over its bound in the queue a moment ago. Nil too when Redis does not tell.
    func refusal(by queue: String, of workspace: UUID) async -> JobError? {
        // Where all together hold less than one may, nobody is over the bound and Redis need not be asked.
        guard let due = seen.withLock({ $0[queue]?.backlog.due }), due >= configuration.workspaceBound,
            let count = await workspaces.count(of: workspace, in: queue), count >= configuration.workspaceBound
        else { return nil }
        return workspaceIsFull(in: queue)
    }

    /// The same of every queue in which the workspace is over its bound.
    func refusals(of workspace: UUID) async -> [String: JobError] {
        var refusals: [String: JobError] = [:]
        for queue in queues { refusals[queue] = await refusal(by: queue, of: workspace) }
        return refusals
    }

    /// The refusal of a workspace that is over its bound.
    func workspaceIsFull(in queue: String) -> JobError {
        JobError(
            .workspaceBacklogFull, subject: queue, message: "the workspace has \(configuration.workspaceBound) jobs there already",
            retryAfter: drainTime(of: queue) ?? .seconds(5))
    }

    func run() async {
        repeat { await measure() } while await stopping.isQuiet(for: .seconds(1))
    }

    func stop() { stopping.raise() }

    func measure() async {
        for name in queues {
            do {
                var sum = Backlog()
                for partition in configuration.partitions(of: name) {
                    sum = sum + (try await configuration.queue(partition, on: redis).measure())
                }
                record(sum, of: name)
            } catch {
                seen.withLock { _ = $0.removeValue(forKey: name) }
                logger.debug("a queue could not be measured", metadata: ["queue": "\(name)", "error": "\(error)"])
            }
        }
    }

    private func record(_ backlog: Backlog, of queue: String) {
        let now = ContinuousClock.now
        seen.withLock { seen in
            var window = seen[queue]?.window ?? RateWindow(length: .seconds(30))
            let recent = window.looked(backlog.acknowledged, at: now)
            guard let last = seen[queue], backlog.acknowledged >= last.backlog.acknowledged else {
                seen[queue] = Seen(backlog: backlog, rate: nil, at: now, window: window, recent: recent)
                return
            }
            let elapsed = max(0.001, (now - last.at).inSeconds)
            let rate = Double(backlog.acknowledged - last.backlog.acknowledged) / elapsed
            seen[queue] = Seen(
                backlog: backlog, rate: last.rate.map { $0 * 0.8 + rate * 0.2 } ?? rate, at: now, window: window, recent: recent)
        }
    }
}
