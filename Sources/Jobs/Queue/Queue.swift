import Foundation
package import Redis

/// One partition of a queue in Redis: every state change is one script, so that none can stop half-way.
///
/// Errors: `RedisError`. A `NOGROUP` answer (a flushed server) is healed here by making the group anew: acknowledged
/// entries are deleted, so a group that starts at 0 reads exactly what is still owed.
package struct Queue: Sendable {
    package let partition: QueuePartition
    let keys: QueueKeys
    let client: RedisClient
    /// Jobs that a bulk lane holds before others are parked.
    let window: Int
    /// Jobs of one class that a workspace may hold before it counts as one that floods.
    let burst: Int
    /// Added to the server's time; only tests set it.
    let clockOffset: Duration

    package init(
        partition: QueuePartition, client: RedisClient, prefix: String = JobsConfiguration().prefix,
        window: Int = JobsConfiguration().window, burst: Int = JobsConfiguration().burst,
        clockOffset: Duration = .zero
    ) {
        self.partition = partition
        self.keys = QueueKeys(prefix: prefix, partition: partition)
        self.client = client
        self.window = window
        self.burst = burst
        self.clockOffset = clockOffset
    }

    /// Calls a script of this partition with the arguments that all of them begin with.
    func call(_ script: RedisScript, _ arguments: [RedisArgument] = [], timeout: Duration? = nil) async throws -> RedisValue {
        try await client.evaluate(
            script, keys: [keys.base], arguments: [.integer(window), .integer(burst), .integer(clockOffset.milliseconds)] + arguments,
            timeout: timeout)
    }

    /// Makes the consumer group of each lane, and the streams that are not there. Doing it again is harmless.
    func ensureGroup() async throws {
        let replies = try await client.pipeline(
            Lane.all.map { RedisCommand("XGROUP", "CREATE", .string(keys.lane($0)), .string(QueueKeys.group), "0", "MKSTREAM") })
        for case .error(let text) in replies where !text.hasPrefix("BUSYGROUP") {
            throw RedisError(serverReply: text, command: "XGROUP")
        }
    }

    /// Runs an operation that needs the group, and once more after making the group where the server had lost it.
    func healingGroup<R>(_ operation: () async throws -> R) async throws -> R {
        do {
            return try await operation()
        } catch let error as RedisError where error.serverPrefix == "NOGROUP" || error.message.contains("NOGROUP") {
            try await ensureGroup()
            return try await operation()
        }
    }

    /// Appends jobs. At most 2,000 a call.
    package func append(_ envelopes: some Collection<Envelope>, timeout: Duration? = nil) async throws {
        var arguments: [RedisArgument] = []
        arguments.reserveCapacity(envelopes.count * 3)
        for envelope in envelopes {
            arguments.append(.string(envelope.route.word(in: envelope.workspace)))
            arguments.append(.bytes(envelope.header))
            arguments.append(.bytes(envelope.body))
        }
        _ = try await call(QueueScripts.append, arguments, timeout: timeout)
    }

    /// Jobs that one call lets in: a script blocks the server.
    private static let page = 500

    /// Lets jobs into the queue, at once or to wait for their time, a page at a time.
    /// - Parameters:
    ///   - limit: larger bodies are carried by reference.
    ///   - timeout: for each call.
    func enter(_ jobs: [(envelope: Envelope, notBefore: Date?)], inline limit: Int, timeout: Duration? = nil) async throws {
        for start in stride(from: 0, to: jobs.count, by: Self.page) {
            let page = jobs[start..<min(start + Self.page, jobs.count)]
            try await enter(page: page.map { ($0.envelope.carried(limit: limit), $0.notBefore) }, timeout: timeout)
        }
    }

    private func enter(page jobs: [(envelope: Envelope, notBefore: Date?)], timeout: Duration?) async throws {
        let now = Date()
        let later = jobs.filter { $0.notBefore.map { $0 > now } ?? false }
        if later.count < jobs.count {
            try await append(jobs.lazy.filter { $0.notBefore.map { $0 <= now } ?? true }.map(\.envelope), timeout: timeout)
        }
        guard !later.isEmpty else { return }
        var arguments: [RedisArgument] = []
        arguments.reserveCapacity(later.count * 4)
        for (envelope, notBefore) in later {
            arguments.append(.string(envelope.id.lowercased))
            arguments.append(.integer(Int(((notBefore ?? now).timeIntervalSince1970 * 1000).rounded(.up))))
            arguments.append(.bytes(envelope.header))
            arguments.append(.bytes(envelope.body))
        }
        _ = try await call(QueueScripts.schedule, arguments, timeout: timeout)
    }

    /// Acknowledges finished entries and refills the lanes. At most 1,000 entries a call.
    /// - Parameter clearing: ids of jobs that had failed before or ran alone, whose notes go.
    func acknowledge(_ entries: some Collection<Finished>, as counter: String = "done", clearing jobs: [UUID] = []) async throws {
        // A run is what one lane holds of one route: its counters are touched once.
        var lanes: [Lane: [Finished.Run: [String]]] = [:]
        for entry in entries { lanes[entry.key.lane, default: [:]][entry.run, default: []].append(entry.key.id) }
        // As many jobs go on as have ended, or the lanes would run dry before the lists.
        var arguments: [RedisArgument] = [.integer(max(250, entries.count)), .string(counter), .integer(lanes.count)]
        arguments.reserveCapacity(3 + entries.count + lanes.values.reduce(0) { $0 + 2 + 2 * $1.count } + jobs.count)
        for (lane, runs) in lanes {
            arguments.append(.string(lane.name))
            arguments.append(.integer(runs.count))
            // Twice the same order: nothing changes the dictionary in between.
            for (run, ids) in runs {
                arguments.append(.string(run.route.word(in: run.workspace)))
                arguments.append(.integer(ids.count))
            }
            for ids in runs.values { for id in ids { arguments.append(.string(id)) } }
        }
        for job in jobs { arguments.append(.string(job.lowercased)) }
        _ = try await call(QueueScripts.acknowledge, arguments)
    }

    /// An entry whose job has come to an end.
    struct Finished: Sendable {
        fileprivate struct Run: Hashable {
            let workspace: UUID
            let route: JobRoute
        }

        let key: EntryKey
        let workspace: UUID
        let route: JobRoute

        fileprivate var run: Run { Run(workspace: workspace, route: route) }
    }

    /// A job to be tried again, or begun, after a delay.
    struct Delayed: Sendable {
        /// The entry that it leaves, if it comes from a lane.
        let entry: EntryKey?
        let envelope: Envelope
        let delay: Duration
        /// UTF-8 JSON kept for status and history; empty for none.
        let failure: [UInt8]
    }

    func postpone(_ jobs: [Delayed]) async throws {
        var arguments: [RedisArgument] = []
        for job in jobs {
            arguments.append(.string(job.entry?.lane.name ?? ""))
            arguments.append(.string(job.entry?.id ?? ""))
            arguments.append(.string(job.envelope.route.word(in: job.envelope.workspace)))
            arguments.append(.string(job.envelope.id.lowercased))
            arguments.append(.integer(job.delay.milliseconds))
            arguments.append(.bytes(job.envelope.header))
            arguments.append(.bytes(job.envelope.body))
            arguments.append(.bytes(job.failure))
        }
        _ = try await call(QueueScripts.retry, arguments)
    }

    /// Moves what is due, or may go on, to the lanes; returns how many were due, and the time until the next one (nil: none).
    func promote(most: Int = 250) async throws -> (moved: Int, next: Duration?) {
        let words = try await call(QueueScripts.promote, [.integer(most)]).array ?? []
        let wait = words.count > 1 ? words[1].integer ?? -1 : -1
        return (words.first?.integer ?? 0, wait < 0 ? nil : .milliseconds(wait))
    }

    /// Makes a job that waits for its time due now. False when it does not wait there.
    func hurry(_ job: UUID, timeout: Duration? = nil) async throws -> Bool {
        try await call(QueueScripts.hurry, [.string(job.lowercased)], timeout: timeout).integer == 1
    }

    /// Gives everything back that `worker` read and did not finish; returns how many jobs.
    func handBack(worker: UUID) async throws -> Int {
        try await healingGroup {
            var total = 0
            while true {
                let returned = try await call(QueueScripts.handback, [.string(worker.lowercased), 250]).integer ?? 0
                total += returned
                if returned < 250 { return total }
            }
        }
    }

    /// The last failure of a job that will be tried again: UTF-8 JSON, nil when there is none.
    func failure(of job: UUID) async throws -> [UInt8]? {
        try await client.send(RedisCommand("HGET", .string(keys.failures), .string(job.lowercased))).bytes
    }

    /// Jobs of a workspace in lanes and lists, of all classes. What waits for its time is not among them.
    func heldCount(of workspace: UUID, timeout: Duration? = nil) async throws -> Int {
        let fields = JobPriority.allCases.map { RedisArgument.string(JobRoute(priority: $0).word(in: workspace)) }
        let reply = try await client.send(RedisCommand("HMGET", arguments: [.string(keys.held)] + fields), timeout: timeout)
        guard let counts = reply.array else { throw RedisError(.protocol, "the reply is no array", command: "HMGET") }
        return counts.reduce(0) { $0 + ($1.integer ?? 0) }
    }

    package func measure() async throws -> Backlog {
        let reply = try await call(QueueScripts.measure)
        guard let words = reply.array?.map({ $0.integer ?? 0 }), words.count == 10 else {
            throw RedisError(.protocol, "measure.lua answered \(reply)")
        }
        var backlog = Backlog()
        backlog.ready = words[1]
        backlog.running = words[2]
        backlog.parked = words[3]
        backlog.later = words[4]
        backlog.oldestAge = words[5] < 0 ? nil : .milliseconds(max(0, words[0] - words[5]))
        backlog.acknowledged = words[6]
        backlog.retried = words[7]
        backlog.dead = words[8]
        backlog.workers = words[9]
        return backlog
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int { Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000) }
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
