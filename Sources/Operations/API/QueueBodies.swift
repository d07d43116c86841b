import Foundation
import Jobs
import Web

/// What an autoscaler goes by, of one queue. A number that is not known is left out: it is never zero.
struct QueueSignalsBody: Encodable, Sendable {
    let queue: String
    /// All that is accepted and not finished.
    let backlog: Int
    /// Of these, jobs that could be done at once if there were workers enough: ready, running and parked ones. Those that wait for
    /// their time are not among them.
    let due: Int
    let ready: Int
    let running: Int
    let parked: Int
    let later: Int
    /// Seconds since the oldest job became ready that no worker has; 0 when there is none.
    let oldestAgeSeconds: Double
    /// Left out until two measures were taken.
    let perSecond: Double?
    /// Until nothing is ready, running or parked at this rate; 0 when nothing is, left out when nothing drains.
    let secondsToEmpty: Double?
    let workers: Int?
    let isPaused: Bool
    let pauseReason: String?
    /// True in every answer: what is not known is answered 503.
    let known = true

    /// Nil when the queue could not be measured.
    init?(_ queue: FleetOverview.Queue) {
        guard queue.isKnown, let ready = queue.ready, let running = queue.running, let parked = queue.parked, let later = queue.later else {
            return nil
        }
        self.queue = queue.name
        backlog = ready + running + parked + later
        due = ready + running + parked
        self.ready = ready
        self.running = running
        self.parked = parked
        self.later = later
        oldestAgeSeconds = queue.oldestAgeSeconds ?? 0
        perSecond = queue.perSecond
        secondsToEmpty = queue.secondsToEmpty
        workers = queue.workers
        isPaused = queue.isPaused
        pauseReason = queue.pauseReason
    }

    private enum CodingKeys: String, CodingKey {
        case queue, backlog, due, ready, running, parked, later, workers, known
        case oldestAgeSeconds = "oldest_age_seconds"
        case perSecond = "per_second"
        case secondsToEmpty = "seconds_to_empty"
        case isPaused = "paused"
        case pauseReason = "pause_reason"
    }

    static let schema = JSONSchema.named(
        "QueueSignals",
        .object(
            [
                "queue": .string(), "backlog": .integer("Accepted and not finished.", minimum: 0),
                "due": .integer("Of these, what could be done at once: ready, running and parked jobs.", minimum: 0), "ready": .integer(minimum: 0),
                "running": .integer(minimum: 0), "parked": .integer(minimum: 0), "later": .integer("Delayed jobs and retries.", minimum: 0),
                "oldest_age_seconds": .number("Of the oldest job that no worker has; 0 when there is none.", minimum: 0),
                "per_second": .number("Jobs done a second; absent while it is not known.", minimum: 0),
                "seconds_to_empty": .number("At that rate; 0 when nothing waits or runs, absent when nothing drains.", minimum: 0),
                "workers": .integer(minimum: 0), "paused": .boolean, "pause_reason": .string(),
                "known": .boolean,
            ], optional: ["per_second", "seconds_to_empty", "workers", "pause_reason"]))
}

/// What `pause` may be told.
struct PauseRequest: Decodable, Sendable {
    let reason: String?

    /// - Throws: a 422 problem.
    func checked() throws -> String? {
        guard let reason, !reason.isEmpty else { return nil }
        guard reason.count <= 500 else { throw Problem.invalid([FieldFault(body: ["reason"], "A reason has at most 500 characters.")]) }
        return reason
    }

    static let schema = JSONSchema.object(
        ["reason": .string("For those who wonder why nothing moves.", maxLength: 500)], optional: ["reason"])
}

/// The answer to `pause` and `resume`.
struct PauseBody: Encodable, Sendable {
    let queue: String
    let paused: Bool
    /// False when it was so before.
    let changed: Bool

    static let schema = JSONSchema.object([
        "queue": .string(), "paused": .boolean, "changed": .boolean,
    ])
}
