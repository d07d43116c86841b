@testable import Jobs

/// Makes go wrong what the seed says.
final class FaultInjector: SimulatedActor {
    let taskCount = 1
    var firstTask = 0
    private unowned let simulation: Simulation

    init(in simulation: Simulation) { self.simulation = simulation }

    func start() { wake() }

    private func wake() {
        let interval = simulation.chaos.interval
        simulation.setWake(firstTask, at: simulation.clock.now + simulation.random.within(interval / 2...interval * 2))
    }

    func run(_ task: Int) {
        guard !simulation.isCalm else { return simulation.setWake(firstTask, at: .max) }
        wake()
        let faults = simulation.chaos.faults
        guard !faults.isEmpty else { return }
        let fault = faults[simulation.random.below(faults.count)]
        let now = simulation.clock.now
        let worker = simulation.workers[simulation.random.below(simulation.workers.count)]
        switch fault {
        case .workerCrash: worker.crash()
        case .workerPause: worker.pause(for: simulation.random.within(SimulatedTime.lease / 4...SimulatedTime.lease * 3))
        case .workerDrain: worker.drain()
        case .ingressCrash: simulation.ingresses[simulation.random.below(simulation.ingresses.count)].crash()
        case .redisFlush: lose { $0.loseEverything() }
        case .redisAway: simulation.network.redisIsBackAt = now + simulation.random.within(20...SimulatedTime.lease * 2)
        case .redisRestart:
            simulation.network.dropLateCalls(toRedis: true)
            simulation.redis.server += 1
            simulation.network.redisIsBackAt = now + simulation.random.within(5...60)
            if simulation.chaos.losesTail { lose { $0.loseTail() } }
        case .groupLoss: simulation.redis.loseGroup()
        case .postgresAway:
            simulation.network.dropLateCalls(toRedis: false)
            simulation.postgres.rollBackEverything()
            simulation.network.postgresIsBackAt = now + simulation.random.within(20...SimulatedTime.lease)
        case .duplicate:
            guard !simulation.redis.contents.stream.isEmpty else { return }
            simulation.redis.duplicate(at: simulation.random.below(100), isMarked: simulation.random.happens(500))
        }
        simulation.log.note("fault: \(fault)")
    }

    private func lose(_ loss: (ModelRedis) -> Void) {
        loss(simulation.redis)
        if simulation.chaos.clockFallsBack { simulation.redis.clockOffset -= simulation.random.within(1...SimulatedTime.lease / 2) }
    }
}

/// Executes late calls when they are due.
final class LateCalls: SimulatedActor {
    let taskCount = 1
    var firstTask = 0
    private unowned let simulation: Simulation

    init(in simulation: Simulation) { self.simulation = simulation }

    func start() { simulation.setWake(firstTask, at: 0) }

    func run(_ task: Int) {
        // While a server is away it executes nothing.
        let (network, now) = (simulation.network, simulation.clock.now)
        if now >= max(network.redisIsBackAt, network.postgresIsBackAt) { network.executeLateCalls() }
        simulation.setWake(firstTask, at: max(now + 20, min(network.nextLateCall, now + 60)))
    }
}

/// Replays dead letters and cancels jobs, now and then.
final class SimulatedOperator: SimulatedActor {
    private enum Phase {
        case idle
        case append(Offer, group: Int)
        case confirm(group: Int)
        case hurry(Int)
    }

    let taskCount = 1
    var firstTask = 0
    private unowned let simulation: Simulation
    private var phase = Phase.idle

    init(in simulation: Simulation) { self.simulation = simulation }

    func start() { simulation.setWake(firstTask, at: 300) }

    func run(_ task: Int) {
        simulation.setWake(firstTask, at: simulation.clock.now + 60)
        switch phase {
        case .idle:
            guard !simulation.isCalm, simulation.random.happens(300) else { return }
            if simulation.chaos.hasWishes, simulation.random.happens(500) { cancel() } else { replay() }
        case .hurry(let job):
            _ = simulation.network.redisDid("the operator hurries job \(job)") { $0.hurry(job) }
            phase = .idle
        case .append(let offer, let group):
            let isAppended = simulation.network.redisDid("the operator appends job \(offer)") { $0.enter([offer]) }
            phase = isAppended ? .confirm(group: group) : .idle
        case .confirm(let group):
            _ = simulation.network.ask("the operator confirms group \(group)") { $0.confirm([group]) }
            phase = .idle
        }
    }

    /// Of those that a repaired handler would do now.
    private func replay() {
        let letters = simulation.postgres.letters.filter { letter in
            if case .isRefused = simulation.audit.jobs[letter].behaviour { true } else { false }
        }
        guard let letter = letters.first else { return }
        let answer = simulation.network.ask("the operator replays job \(letter)") { $0.replay(letter) }
        if let replayed = answer, let (offer, group) = replayed { phase = .append(offer, group: group) }
    }

    /// Of a job that was accepted and, as far as anybody knows, has not ended.
    private func cancel() {
        let jobs = simulation.audit.jobs
        let open = jobs.indices.filter { jobs[$0].isTold && jobs[$0].finished == nil }
        guard !open.isEmpty else { return }
        let job = open[simulation.random.below(open.count)]
        simulation.audit.wished(job)
        if simulation.network.ask("the operator wants job \(job) cancelled", { $0.wish(for: job) }) != nil { phase = .hurry(job) }
    }
}
