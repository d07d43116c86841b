@testable import Jobs

/// What must hold when everything has come to rest.
extension SimulationAudit {
    func closed(_ postgres: ModelPostgres, _ redis: ModelRedis, living: [Int], requestCount: Int) {
        for job in jobs.indices { close(job, postgres) }
        for request in 0..<requestCount { closeRequest(request, postgres) }
        for pending in redis.contents.group?.pending ?? [] {
            let owner = living.contains(pending.consumer) ? "worker \(pending.consumer)" : "worker \(pending.consumer), which is dead,"
            violated("\(owner) has entry \(pending.id) and nobody looks after it")
        }
        if !redis.contents.stream.isEmpty || !redis.contents.later.isEmpty || !redis.contents.ring.isEmpty {
            violated("jobs wait in Redis, and nobody comes for them")
        }
        if claims.contains(.noConsumerLeftBehind), let consumer = redis.contents.group?.consumers.first(where: { !living.contains($0) }) {
            violated("consumer \(consumer) is left behind by a worker that is gone")
        }
        if let group = postgres.groups.first { violated("group \(group.id) is never confirmed") }
    }

    private func close(_ number: Int, _ postgres: ModelPostgres) {
        let job = jobs[number]
        let outcome = postgres.outcome(of: number)
        if job.isPromised || job.isTold && !job.mayBeLost, outcome == nil {
            return violated("job \(number) (\(job.behaviour)) was \(job.isPromised ? "promised by the ledger" : "accepted") and is lost")
        }
        guard let outcome else { return }
        if outcome == .done, !job.ownsTable, postgres.effects[number] != 1 { violated("job \(number) is done without an effect") }
        if outcome != .done, postgres.effects[number] > 0, !job.ownsTable { violated("job \(number) is \(outcome) and has an effect") }
        if outcome == .cancelled {
            if !job.isWished { violated("job \(number) is cancelled, and nobody wanted that") }
            return
        }
        switch job.behaviour {
        case .healthy, .fails:
            // A replay and a late burial may meet; and workers may die by themselves while they run a job alone.
            if outcome == .dead, job.replays == 0, job.starters.count < Takeover.lonelyStarts {
                violated("job \(number) (\(job.behaviour)) is dead, and its worker did not die of it")
            }
        case .alwaysFails, .isRefused, .poison:
            if outcome != .dead { violated("job \(number) (\(job.behaviour)) is \(outcome)") }
        case .isRefusedByOldRelease: break
        }
        // What was forgotten is counted anew; and where deaths are counted, two copies that run at once are two deaths later.
        let isStrict = claims.contains(.condemnedInTime)
        let forgotten = job.lostStarts + (isStrict ? 0 : job.forgottenStarts)
        let limit = Takeover.lonelyStarts * (1 + forgotten) + (isStrict ? job.copies - 1 : 0)
        if case .poison = job.behaviour, job.lonelyRuns > limit {
            violated("job \(number) killed those who ran it alone \(job.lonelyRuns) times")
        }
    }

    /// A key is one job: of ledger kinds always, of stream kinds while Redis remembers it.
    private func closeRequest(_ request: Int, _ postgres: ModelPostgres) {
        let made = jobs.indices.filter { jobs[$0].request == request && jobs[$0].isKeyed }
        let finished = made.filter { postgres.outcome(of: $0) != nil }
        guard finished.count > 1, jobs[made[0]].isLedger || !made.contains(where: { jobs[$0].mayBeForgotten }) else { return }
        violated("jobs \(finished) were made under one Idempotency-Key")
    }
}
