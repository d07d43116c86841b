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
    /// Jobs that the ready stream holds before others are parked.
    let window: Int
    /// Added to the server's time; only tests set it.
    let clockOffset: Duration

    package init(partition: QueuePartition, client: RedisClient, prefix: String = "mainstay", window: Int = 50_000, clockOffset: Duration = .zero) {
        self.partition = partition
        self.keys = QueueKeys(prefix: prefix, partition: partition)
        self.client = client
        self.window = window
        self.clockOffset = clockOffset
    }

    private var offset: RedisArgument { .integer(clockOffset.milliseconds) }

    /// Makes the consumer group, and the stream if there is none. Doing it again is harmless.
    func ensureGroup() async throws {
        let reply = try await client.pipeline([RedisCommand("XGROUP", "CREATE", .string(keys.ready), .string(QueueKeys.group), "0", "MKSTREAM")])
        if case .error(let text)? = reply.first, !text.hasPrefix("BUSYGROUP") {
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
        var arguments: [RedisArgument] = [.integer(window)]
        arguments.reserveCapacity(1 + envelopes.count * 3)
        for envelope in envelopes {
            arguments.append(.string(envelope.workspace.lowercased))
            arguments.append(.bytes(envelope.header))
            arguments.append(.bytes(envelope.body))
        }
        _ = try await client.evaluate(QueueScripts.append, keys: [keys.ready, keys.parked, keys.totals], arguments: arguments, timeout: timeout)
    }

    /// Lets jobs into the queue: at once, or to wait for their time.
    func enter(_ jobs: [(envelope: Envelope, notBefore: Date?)], timeout: Duration? = nil) async throws {
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
        _ = try await client.evaluate(QueueScripts.schedule, keys: [keys.later, keys.laterJobs], arguments: arguments, timeout: timeout)
    }

    /// Reads up to `count` entries that no worker has seen, waiting up to `block` for the first.
    func read(worker: String, count: Int, block: Duration, on connection: RedisBlockingConnection) async throws -> RedisValue {
        try await connection.send(
            RedisCommand(
                "XREADGROUP", "GROUP", .string(QueueKeys.group), .string(worker), "COUNT", .integer(count), "BLOCK",
                .integer(max(1, block.milliseconds)), "STREAMS", .string(keys.ready), ">"),
            timeout: block + .seconds(5))
    }

    /// Acknowledges finished entries and refills the ready stream. At most 1,000 entries a call.
    /// - Parameter clearing: ids of jobs that had failed before or ran alone, whose notes go.
    func acknowledge(_ entries: [String], as counter: String = "done", clearing jobs: [UUID] = []) async throws {
        var arguments: [RedisArgument] = [
            .string(QueueKeys.group), .integer(window), .integer(250), .string(counter), .integer(entries.count),
            .string(keys.base),
        ]
        arguments.reserveCapacity(6 + entries.count + jobs.count)
        for entry in entries { arguments.append(.string(entry)) }
        for job in jobs { arguments.append(.string(job.lowercased)) }
        _ = try await client.evaluate(
            QueueScripts.acknowledge, keys: [keys.ready, keys.parked, keys.totals, keys.failures, keys.alone], arguments: arguments)
    }

    /// A job to be tried again, or begun, after a delay.
    struct Delayed: Sendable {
        /// The entry that it leaves, if it comes from the stream.
        let entry: String?
        let envelope: Envelope
        let delay: Duration
        /// UTF-8 JSON kept for status and history; empty for none.
        let failure: [UInt8]
    }

    func postpone(_ jobs: [Delayed]) async throws {
        var arguments: [RedisArgument] = [.string(QueueKeys.group), offset]
        for job in jobs {
            arguments.append(.string(job.entry ?? ""))
            arguments.append(.string(job.envelope.id.lowercased))
            arguments.append(.integer(job.delay.milliseconds))
            arguments.append(.bytes(job.envelope.header))
            arguments.append(.bytes(job.envelope.body))
            arguments.append(.bytes(job.failure))
        }
        _ = try await client.evaluate(
            QueueScripts.retry, keys: [keys.ready, keys.later, keys.laterJobs, keys.failures, keys.totals, keys.alone], arguments: arguments)
    }

    /// Moves what is due to the ready stream; returns how many, and the time until the next one (nil: none).
    func promote(most: Int = 250) async throws -> (moved: Int, next: Duration?) {
        let reply = try await client.evaluate(
            QueueScripts.promote, keys: [keys.ready, keys.later, keys.laterJobs, keys.parked, keys.totals],
            arguments: [offset, .integer(most), .integer(window)])
        let words = reply.array ?? []
        let wait = words.count > 1 ? words[1].integer ?? -1 : -1
        return (words.first?.integer ?? 0, wait < 0 ? nil : .milliseconds(wait))
    }

    /// Makes a job that waits for its time due now. False when it does not wait there.
    func hurry(_ job: UUID, timeout: Duration? = nil) async throws -> Bool {
        try await client.evaluate(
            QueueScripts.hurry, keys: [keys.later, keys.laterJobs], arguments: [.string(job.lowercased)], timeout: timeout
        ).integer == 1
    }

    /// Gives everything back that `worker` read and did not finish; returns how many jobs.
    func handBack(worker: UUID) async throws -> Int {
        try await healingGroup {
            var total = 0
            while true {
                let reply = try await client.evaluate(
                    QueueScripts.handback, keys: [keys.ready, keys.alone], arguments: [.string(QueueKeys.group), .string(worker.lowercased), 250])
                let returned = reply.integer ?? 0
                total += returned
                if returned < 250 { return total }
            }
        }
    }

    /// The last failure of a job that will be tried again: UTF-8 JSON, nil when there is none.
    func failure(of job: UUID) async throws -> [UInt8]? {
        try await client.send(RedisCommand("HGET", .string(keys.failures), .string(job.lowercased))).bytes
    }

    /// Counts that a job is begun alone; returns how often it was begun so without coming to an end.
    func beginAlone(_ job: UUID) async throws -> Int {
        try await client.send(RedisCommand("HINCRBY", .string(keys.alone), .string(job.lowercased), 1)).integer ?? 1
    }

    package func measure() async throws -> Backlog {
        let reply = try await client.evaluate(
            QueueScripts.measure, keys: [keys.ready, keys.later, keys.totals, keys.beats], arguments: [.string(QueueKeys.group), offset])
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
