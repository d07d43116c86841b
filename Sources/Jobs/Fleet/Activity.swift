import Foundation
import Synchronization

/// What this worker has in its hands, and how long its handlers took lately. Memory only: `Reporter` carries it out.
///
/// A batch costs two turns of a lock, one when it begins and one when it ends, and a job of it nothing.
final class Activity: Sendable {
    private struct Going {
        let kind: String
        /// Nil for a batch.
        let job: JobName?
        let jobs: Int
        let since: ContinuousClock.Instant
        var progress: JobProgress?
    }

    private struct Round {
        var kinds: [String: WorkerReport.Kind] = [:]
        var seconds = 0.0
    }

    private struct State {
        var going: [Int: Going] = [:]
        var next = 0
        /// What ended since the last draw.
        var open: [String: WorkerReport.Kind] = [:]
        var rounds: [Round] = []
        var drawnAt: ContinuousClock.Instant
    }

    /// Draws that a report looks back over: some ten seconds, so that a kind which ends once in a few seconds has a rate.
    static let rounds = 10

    private let time: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    init(time: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.time = time
        self.state = Mutex(State(drawnAt: time()))
    }

    /// - Parameters:
    ///   - job: nil for a batch.
    ///   - jobs: how many jobs begin together.
    /// - Returns: the ticket to give to `ended`.
    func began(kind: String, job: JobName? = nil, jobs: Int) -> Int {
        let now = time()
        return state.withLock { state in
            state.next += 1
            state.going[state.next] = Going(kind: kind, job: job, jobs: jobs, since: now)
            return state.next
        }
    }

    /// - Parameter done: jobs of it that came to their outcome.
    func ended(_ ticket: Int, done: Int) {
        let now = time()
        state.withLock { state in
            guard let going = state.going.removeValue(forKey: ticket) else { return }
            let seconds = (now - going.since).inSeconds
            state.open[going.kind, default: .init()].add(.init(jobs: done, ended: 1, seconds: seconds, slowest: seconds))
        }
    }

    /// Keeps the last that was told; nothing of a ticket that has ended.
    func progress(_ ticket: Int, _ progress: JobProgress) {
        state.withLock { state in
            guard state.going[ticket] != nil else { return }
            state.going[ticket]?.progress = progress
        }
    }

    /// What there is to report now. Each draw ends a round, so there is one caller.
    func draw() -> (report: WorkerReport, progress: [(job: JobName, told: JobProgress)]) {
        let now = time()
        let (going, rounds) = state.withLock { state in
            state.rounds.append(Round(kinds: state.open, seconds: (now - state.drawnAt).inSeconds))
            if state.rounds.count > Self.rounds { state.rounds.removeFirst() }
            state.open = [:]
            state.drawnAt = now
            return (Array(state.going.values), state.rounds)
        }
        var report = WorkerReport()
        for round in rounds {
            report.over += round.seconds
            for (kind, counted) in round.kinds { report.kinds[kind, default: .init()].add(counted) }
        }
        report.running = going.sorted { $0.since < $1.since }.prefix(WorkerReport.most).map { going in
            WorkerReport.Running(
                kind: going.kind, job: going.job?.id, jobs: going.jobs, seconds: (now - going.since).inSeconds, progress: going.progress?.progress,
                note: going.progress?.note)
        }
        var told: [(job: JobName, told: JobProgress)] = []
        for going in going {
            if let job = going.job, let progress = going.progress { told.append((job: job, told: progress)) }
        }
        return (report: report, progress: told)
    }
}
