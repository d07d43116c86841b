import Foundation
import Logging
import Redis

/// The sweep: the one look that trusts nobody.
///
/// One worker of the fleet at a time goes through the ledger in the order of its groups, as far as they are `sweepAge` old, and
/// keeps its place in PostgreSQL. So each acceptance is looked at once when it has come of age, and again with every passage from the
/// beginning: once a day, and some minutes after a loss. Of those that have no outcome Redis is asked: what it does not hold is
/// appended. A job that is held all the time is found, wherever it moves (`HeldPages`), and a doubled entry would do no harm.
///
/// **What it costs.** A look costs PostgreSQL some 7 µs a job, and of a job that waits Redis is asked: the partition is read until
/// all that were asked for are found, parked lists from their tails, where the young ones lie. After whatever took a time, the sweep
/// rests for nineteen times as long: it takes a twentieth of one core at the most, however long a queue is or was paused, and gets
/// late instead. It keeps the names of at most `sweepNames` jobs in memory.
extension Relay {
    /// Acceptances that one statement looks at: about 40 ms.
    static let sweepRows = 5000
    /// Names of owed jobs that are compared with Redis together: each comparison may read a whole partition.
    static let sweepNames = 20_000
    /// From one begin at the beginning to the next.
    static let passage = Duration.seconds(86_400)
    /// The longest rest, and half of the time after which a worker that is not heard of loses its turn.
    static let longestRest = Duration.seconds(300)

    /// Between two turns: what comes of age is looked at within a fifth of that age.
    var sweepPause: Duration { min(max(configuration.sweepAge / 5, .seconds(1)), .seconds(60)) }

    func sweepUntilDraining(as worker: UUID) async {
        repeat {
            await attempt("the ledger") { _ = try await sweep(as: worker) }
        } while await draining.isQuiet(for: sweepPause, clock: clock)
    }

    /// One turn, to the end of what is old enough.
    /// - Returns: how many jobs were missing; nil when the turn is another worker's, or it is too early for the next.
    func sweep(as worker: UUID) async throws -> Int? {
        guard let begin = try await store.takeSweep(as: worker, lease: Self.longestRest * 2) else { return nil }
        var place = begin
        do {
            return try await sweep(from: &place, as: worker)
        } catch {
            // The next one goes on from there, soon. No child of this task: of one that is cancelled, as when the worker leaves, the turn
            // would keep to its lease.
            let keep = Task { [place] in try await store.keepSweep(at: place, as: worker, rest: sweepPause, timeout: .seconds(5)) }
            _ = await keep.result
            throw error
        }
    }

    /// - Parameter place: up to which all was looked at and compared.
    private func sweep(from place: inout UUID, as worker: UUID) async throws -> Int {
        var owed: [QueuePartition: Set<JobName>] = [:]
        var (names, missing, last) = (0, 0, place)
        while true {
            let began = ContinuousClock.now
            let look = try await store.look(after: last, age: configuration.sweepAge, rows: Self.sweepRows)
            for job in look?.owed ?? [] {
                owed[job.partition, default: []].insert(job.name)
                names += 1
            }
            last = look?.last ?? last
            let isAtEnd = (look?.looked ?? 0) < Self.sweepRows
            if isAtEnd || names == 0 || names >= Self.sweepNames {
                for (partition, jobs) in owed { missing += try await appendAbsent(jobs, in: partition) }
                (owed, names, place) = ([:], 0, last)
            }
            if isAtEnd {
                try await store.endSweep(at: place, as: worker, rest: sweepPause, passage: Self.passage)
                return missing
            }
            guard try await store.keepSweep(at: place, as: worker, rest: Self.longestRest * 2) else { return missing }
            let rest = min((ContinuousClock.now - began) * 19, Self.longestRest)
            guard await draining.isQuiet(for: rest, clock: clock) else { throw CancellationError() }
        }
    }

    /// Appends those of `jobs` that Redis does not hold and that are owed.
    private func appendAbsent(_ jobs: Set<JobName>, in partition: QueuePartition) async throws -> Int {
        var absent = jobs
        var pages = configuration.queue(partition, on: redis).held()
        while !absent.isEmpty, let page = try await pages.next() {
            guard !draining.isRaised else { throw CancellationError() }
            for job in page { absent.remove(JobName(workspace: job.workspace, id: job.id)) }
        }
        for part in Self.parts(of: absent, HeldPages.located) {
            let (moved, later) = try await pages.locate(part.map(\.id))
            absent.subtract(moved.map { JobName(workspace: $0.workspace, id: $0.id) })
            absent.subtract(part.filter { later.contains($0.id) })
        }
        // What has left Redis meanwhile has its outcome by now.
        var appended = 0
        for part in Self.parts(of: absent, 500) {
            let owed = try await store.owed(among: part, inline: configuration.inlineBodyLimit)
            try await append(owed)
            appended += owed.count
        }
        guard appended > 0 else { return 0 }
        Measures.relayed(appended)
        logger.warning(
            "jobs that were owed for long were missing in Redis; they were appended again",
            metadata: ["partition": "\(partition)", "jobs": "\(appended)"])
        return appended
    }

    private static func parts(of jobs: Set<JobName>, _ size: Int) -> [[JobName]] {
        let all = Array(jobs)
        return stride(from: 0, to: all.count, by: size).map { Array(all[$0..<min($0 + size, all.count)]) }
    }
}
