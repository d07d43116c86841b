import Foundation

@testable import Jobs

/// A worker process: one identity after the other, and for each the tasks of `Worker.work`. The decisions are the engine's
/// own values: `Lease`, `DeadWorkers`, `InFlight`, and below them `BatchSplit`, `JobState` and `RetryPolicy`.
final class SimulatedWorker: SimulatedActor {
    enum Life {
        case registering
        /// Beats once before the first read.
        case greeting
        case working
        case handingBack
        case leaving
        case stopping
    }

    enum Task: Int, CaseIterable {
        case life, heartbeat, takeover, reader, first, second, promoter, relay, controls
    }

    enum Verdict {
        case done
        case failed(permanent: Bool)
        case killed
    }

    let taskCount = Task.allCases.count
    var firstTask = 0
    let slot: Int
    unowned let simulation: Simulation
    private(set) var identity = 0
    private(set) var isDraining = false
    private(set) var dead = DeadWorkers()
    private(set) var inFlight = InFlight()
    /// Jobs that somebody wants cancelled, as this worker has heard.
    var heard: [Int] = []
    private var life = Life.registering
    var lease = Lease(length: .milliseconds(SimulatedTime.lease))
    private var takeover: SimulatedTakeover?
    private var relay: SimulatedRelay?
    var units: [(unit: SimulatedUnit, ticket: Int)?] = [nil, nil]
    var isBlocked = false
    private var pausedUntil = 0
    private var drainsUntil = 0

    init(slot: Int, in simulation: Simulation) {
        self.slot = slot
        self.simulation = simulation
    }

    func start() { begin(after: slot * 5) }

    /// Nothing of its own is under way.
    var isIdle: Bool {
        if case .working = life { units.allSatisfy { $0 == nil } && takeover?.isIdle == true } else { false }
    }

    func run(_ task: Int) {
        guard let task = Task(rawValue: task) else { return }
        wake(task, at: .max)
        switch task {
        case .life: runLife()
        case .heartbeat: beat()
        case .takeover:
            guard let next = takeover?.step() else { return }
            wake(.takeover, at: next)
            endDrain()
        case .reader: read()
        case .first: runUnit(0)
        case .second: runUnit(1)
        case .promoter: promote()
        case .controls: listen()
        case .relay:
            guard let next = relay?.step() else { return }
            wake(.relay, at: next)
        }
    }

    var now: Int { simulation.clock.now }

    func wake(_ task: Task, at time: Int) { simulation.setWake(firstTask + task.rawValue, at: time == .max ? .max : max(time, pausedUntil)) }

    // MARK: Life

    private func begin(after pause: Int) {
        identity = simulation.newIdentity()
        life = .registering
        isDraining = false
        (dead, inFlight, heard) = (DeadWorkers(), InFlight(), [])
        lease = Lease(length: .milliseconds(SimulatedTime.lease))
        takeover = SimulatedTakeover(of: self)
        relay = SimulatedRelay(of: self)
        wake(.life, at: now + pause)
    }

    private func runLife() {
        let identity = identity
        switch life {
        case .registering:
            let isRegistered = simulation.network.ask("worker \(identity) registers") { $0.register(identity) } != nil
            guard isRegistered else { return wake(.life, at: now + 20) }
            life = .greeting
            wake(.life, at: now)
        case .greeting:
            _ = simulation.network.redis("worker \(identity) beats for the first time") { $0.beat(identity).now }
            life = .working
            for task in [Task.heartbeat, .takeover, .reader, .promoter, .relay] { wake(task, at: now) }
            if simulation.chaos.hasWishes { wake(.controls, at: now) }
        case .working: break
        case .handingBack:
            guard simulation.network.redisDid("worker \(identity) hands back", { $0.handBack(identity) }) else { return end(after: 50) }
            life = .leaving
            wake(.life, at: now)
        case .leaving:
            guard simulation.network.redisDid("worker \(identity) leaves", { $0.leave(identity) }) else { return end(after: 50) }
            life = .stopping
            wake(.life, at: now)
        case .stopping:
            _ = simulation.network.ask("worker \(identity) has stopped") { $0.stopped(identity) }
            end(after: 50)
        }
    }

    /// The process ends, in whatever way, and is started again.
    private func end(after pause: Int) {
        simulation.audit.ended.insert(identity)
        for task in Task.allCases { wake(task, at: .max) }
        relay?.end()
        units = [nil, nil]
        isBlocked = false
        pausedUntil = 0
        begin(after: pause)
    }

    func crash() {
        simulation.log.note("worker \(identity) crashes")
        end(after: simulation.random.within(20...400))
    }

    /// Others have declared it dead: it begins anew under another identity, without good-byes.
    func wasFenced() {
        simulation.log.note("worker \(identity) learns that it is dead")
        end(after: 1)
    }

    func pause(for duration: Int) {
        simulation.log.note("worker \(identity) stands still for \(duration) ms")
        pausedUntil = max(pausedUntil, now + duration)
        for task in Task.allCases where simulation.wake[firstTask + task.rawValue] != .max {
            wake(task, at: simulation.wake[firstTask + task.rawValue])
        }
    }

    func drain() {
        guard case .working = life, !isDraining else { return }
        simulation.log.note("worker \(identity) is asked to leave")
        isDraining = true
        drainsUntil = now + SimulatedTime.drainBudget
        wake(.reader, at: .max)
        isBlocked = false
        endDrain()
    }

    /// When nothing is under way any more, or the budget is used up, what is left is handed back.
    func endDrain() {
        guard isDraining, case .working = life else { return }
        guard now >= drainsUntil || units.allSatisfy({ $0 == nil }) && takeover?.isIdle == true else { return }
        for task in Task.allCases where task != .heartbeat { wake(task, at: .max) }
        units = [nil, nil]
        relay?.end()
        life = .handingBack
        wake(.life, at: now)
    }
}
