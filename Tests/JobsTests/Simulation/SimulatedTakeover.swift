import Foundation

@testable import Jobs

/// `Takeover`: the jobs of dead workers, and those that were delivered to this one and never arrived.
final class SimulatedTakeover {
    private enum Phase {
        case idle
        case mark(Int)
        case claim(Int)
        case lookUp
        case acknowledge([StreamEntry])
        case begin
        case work(SimulatedUnit)
        case recover
        case fetch([Int])
    }

    private unowned let worker: SimulatedWorker
    private unowned let simulation: Simulation
    private var phase = Phase.idle
    private var victims: [UUID] = []
    /// Whose entries are on the page; nil for this worker's own.
    private var victim: Int?
    private var hasMore = false
    private var isUnmarked = false
    private var page: [StreamEntry] = []
    private var ticket: Int?

    init(of worker: SimulatedWorker) {
        self.worker = worker
        simulation = worker.simulation
    }

    var isIdle: Bool { if case .idle = phase { true } else { false } }

    /// - Returns: when to go on; nil when this worker is at its end.
    func step() -> Int? {
        switch phase {
        case .idle:
            guard !worker.isDraining else { return .max }
            victims = worker.dead.take()
            return nextVictim()
        case .mark(let victim): return mark(victim)
        case .claim(let victim): return claim(victim)
        case .lookUp: return lookUp()
        case .acknowledge(let done): return acknowledge(done)
        case .begin: return begin()
        case .work(let unit): return work(unit)
        case .recover: return recover()
        case .fetch(let lost): return fetch(lost)
        }
    }

    private var now: Int { simulation.clock.now }
    private var pause: Int { now + simulation.random.within(5...30) }

    /// What is left is found again, by this worker as lost or by another when it is dead.
    private func giveUp() -> Int {
        endPage()
        phase = .idle
        return now + SimulatedTime.beat
    }

    private func endPage() {
        if let ticket { worker.inFlight.ended(ticket) }
        ticket = nil
        page = []
    }

    private func nextVictim() -> Int {
        guard let next = victims.popLast() else {
            phase = .recover
            return now
        }
        victim = worker.identity(of: next)
        let number = worker.identity(of: next)
        isUnmarked = !simulation.rules.marksDeadFirst
        phase = isUnmarked ? .claim(number) : .mark(number)
        return now
    }

    private func mark(_ victim: Int) -> Int {
        let isMarked = simulation.network.ask("worker \(worker.identity) marks worker \(victim) dead") { $0.markDead(victim) } != nil
        guard isMarked else { return giveUp() }
        if isUnmarked {
            isUnmarked = false
            return settlePage()
        }
        phase = .claim(victim)
        return now
    }

    private func claim(_ victim: Int) -> Int {
        let identity = worker.identity
        let call = simulation.network.redis("worker \(identity) claims from worker \(victim)") { $0.claim(from: victim, to: identity, most: 4) }
        guard let (entries, isGone) = call else { return giveUp() }
        hasMore = !isGone && !entries.isEmpty
        page = entries
        if isUnmarked {
            phase = .mark(victim)
            return now
        }
        return settlePage()
    }

    private func settlePage() -> Int {
        for index in page.indices { page[index].copy.marks.insert(.seen) }
        ticket = worker.inFlight.began(page.map { EntryKey(lane: .ready(.normal), id: String($0.id)) })
        phase = page.isEmpty ? .begin : .lookUp
        return now
    }

    private func lookUp() -> Int {
        guard simulation.rules.looksUpSeenJobs else {
            phase = .begin
            return now
        }
        let jobs = page.map(\.copy.job)
        guard let found = worker.finished(jobs) else { return worker.isDraining ? giveUp() : pause }
        let finished = zip(jobs, found).filter { $0.1 != nil }.map(\.0)
        let done = page.filter { finished.contains($0.copy.job) }
        page.removeAll { finished.contains($0.copy.job) }
        phase = done.isEmpty ? .begin : .acknowledge(done)
        return now
    }

    private func acknowledge(_ done: [StreamEntry]) -> Int {
        let (ids, jobs) = (done.map(\.id), done.map(\.copy.job))
        let isDone = simulation.network.redisDid("worker \(worker.identity) acknowledges \(ids)") { $0.acknowledge(ids, clearing: jobs) }
        guard isDone || worker.isDraining else { return pause }
        phase = .begin
        return now
    }

    private func begin() -> Int {
        guard !page.isEmpty, !worker.isDraining else {
            let isOwn = victim == nil
            let next = hasMore ? victim : nil
            endPage()
            if isOwn || worker.isDraining { return giveUp() }
            guard let next else { return nextVictim() }
            phase = .claim(next)
            return now
        }
        let identity = worker.identity
        guard simulation.rules.runsTakenOverJobsAlone else {
            phase = .work(SimulatedUnit(page, of: worker))
            page = []
            return now
        }
        let entry = page[0]
        let faults = simulation.isCalm ? 0 : simulation.chaos.startFaults
        let call = simulation.network.redis("worker \(identity) begins job \(entry.copy.job) alone", faults: faults) {
            $0.beginAlone(entry, by: identity)
        }
        guard let starts = call else { return giveUp() }
        page.removeFirst()
        guard let starts else { return now }
        if starts > Takeover.lonelyStarts {
            phase = .work(SimulatedUnit(burying: entry, of: worker))
        } else {
            simulation.audit.ranAlone(entry.copy.job)
            phase = .work(SimulatedUnit([entry], of: worker))
        }
        return now
    }

    private func work(_ unit: SimulatedUnit) -> Int? {
        switch unit.step() {
        case .goesOn: return now
        case .waits: return pause
        case .ended:
            phase = .begin
            return now
        case .fenced: worker.wasFenced()
        case .killed: worker.crash()
        }
        return nil
    }

    private func recover() -> Int {
        guard simulation.rules.recoversLostDeliveries else { return giveUp() }
        let identity = worker.identity
        guard let pending = simulation.network.redis("worker \(identity) asks for what it was given", { $0.pending(of: identity) }) else {
            return giveUp()
        }
        let lost = worker.inFlight.lost(of: pending.map { EntryKey(lane: .ready(.normal), id: String($0)) }).compactMap { Int($0.id) }
        guard !lost.isEmpty else { return giveUp() }
        phase = .fetch(lost)
        return now
    }

    private func fetch(_ lost: [Int]) -> Int {
        let call = simulation.network.redis("worker \(worker.identity) fetches \(lost)") { redis in lost.compactMap { redis.entry($0) } }
        guard let entries = call else { return giveUp() }
        simulation.audit.happened(.recovered)
        victim = nil
        hasMore = false
        page = entries
        return settlePage()
    }
}
