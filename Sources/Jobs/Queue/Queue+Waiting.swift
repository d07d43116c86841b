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
    /// Everything that this partition holds, at one moment and all at once: for tests and for queues of some thousand jobs. The
    /// server does nothing else meanwhile.
    func waiting() async throws -> [WaitingJob] {
        guard let jobs = try await call(QueueScripts.waiting).array else {
            throw RedisError(.protocol, "the script answered no array", command: "EVALSHA")
        }
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
            jobs += try await OutcomeStore(pool: pool).withBodies(held, \.envelope)
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
        while let page = try await store.owed(in: partition, after: last, looking: 1000, inline: .max) {
            owed += page.owed
            last = page.last
        }
        return owed
    }
}
