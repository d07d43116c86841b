package import Foundation
import Redis

/// A job that has not come to its end, with its body.
package struct WaitingJob: Sendable {
    package enum Place: String, Sendable, Hashable {
        /// In a worker's hands, or next.
        case lane
        /// Behind the window or a limit.
        case parked
        /// Delayed, or a retry.
        case later
        /// Accepted, and not in Redis at this moment: on its way.
        case ledger
    }

    package var envelope: Envelope
    package let place: Place
    /// Of a job in `later`: when it may begin, by the queue's clock.
    package let due: Date?
}

extension Queue {
    // One step, so that no job is missed or shown twice because it moved meanwhile.
    private static let waitingScript = RedisScript(
        name: "waiting",
        source: """
            -- Everything that a partition holds, bodies and all.
            -- KEYS base   ARGV lanes…
            -- Returns place, ms at which it is due or '', header, body for each job
            local base, found = KEYS[1], {}
            local function add(place, due, header, body) found[#found + 1] = { place, due, header, body } end
            for _, lane in ipairs(ARGV) do
              for _, entry in ipairs(redis.call('XRANGE', base .. ':' .. lane, '-', '+')) do
                local fields = {}
                for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
                add('lane', '', fields['h'] or '', fields['b'] or '')
              end
            end
            for _, list in ipairs(redis.call('KEYS', base .. ':parked:*')) do
              local words = redis.call('LRANGE', list, 0, -1)
              for i = 1, #words - 1, 2 do add('parked', '', words[i], words[i + 1]) end
            end
            local later = redis.call('HGETALL', base .. ':later:jobs')
            for i = 1, #later, 2 do
              local header, body = cmsgpack.unpack(later[i + 1])
              add('later', redis.call('ZSCORE', base .. ':later', later[i]) or '', header, body)
            end
            return found
            """)

    /// Everything that this partition holds, at one moment and all at once: for tests and for queues of some thousand jobs. The
    /// server does nothing else meanwhile.
    func waiting() async throws -> [WaitingJob] {
        let reply = try await client.evaluate(Self.waitingScript, keys: [keys.base], arguments: Lane.all.map { .string($0.name) })
        guard let jobs = reply.array else { throw RedisError(.protocol, "the script answered no array", command: "EVALSHA") }
        return try jobs.map { job in
            guard let words = job.array, words.count == 4, let place = words[0].string.flatMap({ WaitingJob.Place(rawValue: $0) }),
                let header = words[2].bytes, let body = words[3].bytes
            else { throw RedisError(.protocol, "the script answered no job", command: "EVALSHA") }
            let milliseconds = words[1].string.flatMap { Double($0) }
            return WaitingJob(
                envelope: try Envelope(header: header, body: body), place: place,
                due: milliseconds.map { Date(timeIntervalSince1970: $0 / 1000) })
        }
    }
}

extension JobAdministration {
    /// Everything in a queue that has not come to its end, with bodies: what Redis holds, and what the ledger owes and Redis does
    /// not hold yet. For tests and for small queues. Exact while nobody works on the queue.
    package func waiting(in queue: String) async throws -> [WaitingJob] {
        var jobs: [WaitingJob] = []
        for partition in configuration.partitions(of: queue) {
            let held = try await configuration.queue(partition, on: redis).waiting()
            let known = Set(held.map { JobName($0.envelope) })
            jobs += try await withBodies(held)
            for job in try await owed(in: partition) where !known.contains(JobName(job.envelope)) {
                jobs.append(WaitingJob(envelope: job.envelope, place: .ledger, due: job.notBefore))
            }
        }
        return jobs
    }

    /// Lets go what is due in a queue, or may go on: what workers do by themselves unless ``JobsConfiguration/promotes`` is off.
    package func promote(_ queue: String) async throws {
        for partition in configuration.partitions(of: queue) {
            let queue = configuration.queue(partition, on: redis)
            while try await queue.promote().moved > 0 {}
        }
    }

    private func owed(in partition: QueuePartition) async throws -> [RelayStore.Owed] {
        let store = RelayStore(pool: pool)
        var (owed, last) = ([RelayStore.Owed](), UUID(high: 0, low: 0))
        while let page = try await store.owed(in: partition, after: last, looking: 1000) {
            owed += page.owed
            last = page.last
        }
        return owed
    }

    /// Bodies that Redis carries by reference.
    private func withBodies(_ jobs: [WaitingJob]) async throws -> [WaitingJob] {
        let referring = jobs.map(\.envelope).filter { $0.marks.contains(.stored) }
        guard !referring.isEmpty else { return jobs }
        let bodies = try await OutcomeStore(pool: pool).bodies(workspaces: Array(Set(referring.map(\.workspace))), jobs: referring.map(\.id))
        return jobs.map { job in
            guard job.envelope.marks.contains(.stored), let body = bodies[job.envelope.id] else { return job }
            var complete = job
            complete.envelope.body = body
            return complete
        }
    }
}
