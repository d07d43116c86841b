package import Foundation

/// What an installation is doing at one moment, for an operator's eye: its queues, its workers, its handlers.
///
/// What could not be measured is nil, and left out of the JSON: unknown is never zero.
package struct FleetOverview: Sendable, Hashable, Codable {
    package let at: Date
    /// In the order in which the reader was given them.
    package let queues: [Queue]
    /// Those that run, and those that ended within the last hour, which come last; the newest of each first.
    package let workers: [Worker]
    /// Kinds that a worker ran within the last seconds, the busiest first.
    package let handlers: [Handler]

    package init(at: Date, queues: [Queue], workers: [Worker], handlers: [Handler]) {
        self.at = at
        self.queues = queues
        self.workers = workers
        self.handlers = handlers
    }

    package struct Queue: Sendable, Hashable, Codable {
        package let name: String
        /// False when Redis did not tell: then no number of this queue is known.
        package let isKnown: Bool
        /// Jobs that wait for a worker, and that no worker has in its hands.
        package let ready: Int?
        /// Jobs in the hands of workers.
        package let running: Int?
        /// Jobs that wait for a place among the ready ones.
        package let parked: Int?
        /// Jobs that wait for their time: delayed ones and retries.
        package let later: Int?
        /// Seconds since the oldest job became ready that no worker has; nil also when there is none.
        package let oldestAgeSeconds: Double?
        /// Jobs done a second; nil until two measures were taken.
        package let perSecond: Double?
        /// Until nothing is ready, running or parked, at this rate; zero when nothing is, nil when nothing drains.
        package let secondsToEmpty: Double?
        /// Workers whose heartbeat stands.
        package let workers: Int?
        package let isPaused: Bool
        package let pauseReason: String?

        package init(
            name: String, isKnown: Bool, ready: Int? = nil, running: Int? = nil, parked: Int? = nil, later: Int? = nil,
            oldestAgeSeconds: Double? = nil, perSecond: Double? = nil, secondsToEmpty: Double? = nil, workers: Int? = nil, isPaused: Bool = false,
            pauseReason: String? = nil
        ) {
            self.name = name
            self.isKnown = isKnown
            self.ready = ready
            self.running = running
            self.parked = parked
            self.later = later
            self.oldestAgeSeconds = oldestAgeSeconds
            self.perSecond = perSecond
            self.secondsToEmpty = secondsToEmpty
            self.workers = workers
            self.isPaused = isPaused
            self.pauseReason = pauseReason
        }

        private enum CodingKeys: String, CodingKey {
            case name, ready, running, parked, later, workers
            case isKnown = "known"
            case oldestAgeSeconds = "oldest_age_seconds"
            case perSecond = "per_second"
            case secondsToEmpty = "seconds_to_empty"
            case isPaused = "paused"
            case pauseReason = "pause_reason"
        }
    }

    package struct Worker: Sendable, Hashable, Codable {
        package let id: UUID
        package let name: String
        package let host: String
        package let pid: Int
        package let version: String
        package let queues: [String]
        package let startedAt: Date
        /// `working`; `silent`, which runs by the ledger and has told nothing for some seconds; `stopped`, which left in good
        /// order; `dead`, which others declared so.
        package let state: String
        /// What it has in its hands, the longest first.
        package let running: [Running]
        /// Jobs done a second over the last seconds; nil when it has told nothing.
        package let perSecond: Double?

        package init(
            id: UUID, name: String, host: String, pid: Int, version: String, queues: [String], startedAt: Date, state: String,
            running: [Running] = [], perSecond: Double? = nil
        ) {
            self.id = id
            self.name = name
            self.host = host
            self.pid = pid
            self.version = version
            self.queues = queues
            self.startedAt = startedAt
            self.state = state
            self.running = running
            self.perSecond = perSecond
        }

        private enum CodingKeys: String, CodingKey {
            case id, name, host, pid, version, queues, state, running
            case startedAt = "started_at"
            case perSecond = "per_second"
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            // As everywhere in the API; Foundation writes identifiers in capitals.
            try container.encode(id.lowercased, forKey: .id)
            try container.encode(name, forKey: .name)
            try container.encode(host, forKey: .host)
            try container.encode(pid, forKey: .pid)
            try container.encode(version, forKey: .version)
            try container.encode(queues, forKey: .queues)
            try container.encode(startedAt, forKey: .startedAt)
            try container.encode(state, forKey: .state)
            try container.encode(running, forKey: .running)
            try container.encodeIfPresent(perSecond, forKey: .perSecond)
        }
    }

    /// A batch or a long job that a worker has in its hands.
    package struct Running: Sendable, Hashable, Codable {
        package let kind: String
        /// Nil for a batch.
        package let job: UUID?
        /// Jobs in it: one, or those of a batch.
        package let jobs: Int
        /// Since it was begun.
        package let seconds: Double
        /// Of a long job that tells it: from 0 to 1.
        package let progress: Double?
        /// A few words of the handler's own, with the progress.
        package let note: String?

        package init(kind: String, job: UUID?, jobs: Int, seconds: Double, progress: Double? = nil, note: String? = nil) {
            self.kind = kind
            self.job = job
            self.jobs = jobs
            self.seconds = seconds
            self.progress = progress
            self.note = note
        }

        private enum CodingKeys: String, CodingKey {
            case kind, job, jobs, seconds, progress, note
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(kind, forKey: .kind)
            try container.encodeIfPresent(job?.lowercased, forKey: .job)
            try container.encode(jobs, forKey: .jobs)
            try container.encode(seconds, forKey: .seconds)
            try container.encodeIfPresent(progress, forKey: .progress)
            try container.encodeIfPresent(note, forKey: .note)
        }
    }

    /// How one kind fares over all workers, within the last seconds.
    package struct Handler: Sendable, Hashable, Codable {
        package let kind: String
        /// Jobs done a second.
        package let perSecond: Double?
        /// Of one batch or one long job, from its begin to its acknowledgement; nil when none has ended.
        package let meanSeconds: Double?
        package let slowestSeconds: Double?

        package init(kind: String, perSecond: Double?, meanSeconds: Double?, slowestSeconds: Double?) {
            self.kind = kind
            self.perSecond = perSecond
            self.meanSeconds = meanSeconds
            self.slowestSeconds = slowestSeconds
        }

        private enum CodingKeys: String, CodingKey {
            case kind
            case perSecond = "per_second"
            case meanSeconds = "mean_seconds"
            case slowestSeconds = "slowest_seconds"
        }
    }
}
