import TestSupport

@testable import Jobs

/// One history: producers, ingress processes, workers and an operator around one Redis and one PostgreSQL, in virtual time.
///
/// Everything happens in steps. A step is what one task does up to and with its next server call, and the seed picks the task
/// that is next. So every order of calls between processes can come up, and each comes up again with its seed.
final class Simulation {
    let seed: UInt64
    let rules: SimulationRules
    let chaos: Chaos
    let clock = VirtualClock()
    let log: HistoryLog
    let audit: SimulationAudit
    let redis: ModelRedis
    let postgres: ModelPostgres
    let network: ModelNetwork
    var random: SplitMix64
    /// When each task has something to do; `.max` for one that waits for another.
    private(set) var wake: [Int] = []
    private(set) var workers: [SimulatedWorker] = []
    private(set) var ingresses: [SimulatedIngress] = []
    private(set) var producers: [SimulatedProducer] = []
    private var actors: [any SimulatedActor] = []
    private var owners: [(actor: Int, task: Int)] = []
    private(set) var isCalm = false
    private var identities = 0
    private var nextSync = 0

    init(seed: UInt64, rules: SimulationRules = SimulationRules(), claims: SimulationAudit.Claims = [], chaos: Chaos, isRecorded: Bool = false) {
        self.seed = seed
        self.rules = rules
        self.chaos = chaos
        log = HistoryLog(clock: clock, isRecorded: isRecorded)
        audit = SimulationAudit(claims: claims)
        redis = ModelRedis(clock: clock, audit: audit, rules: rules)
        postgres = ModelPostgres(clock: clock, audit: audit, rules: rules)
        redis.isCrowded = chaos.clockFallsBack
        network = ModelNetwork(redis: redis, postgres: postgres, clock: clock, log: log, seed: seed)
        network.faultsPerMille = chaos.callFaults
        random = SplitMix64(seed: seed)
        workers = (0..<3).map { SimulatedWorker(slot: $0, in: self) }
        ingresses = (0..<2).map { SimulatedIngress(number: $0, in: self) }
        producers = (0..<chaos.requests).map { SimulatedProducer(request: $0, in: self) }
        for actor in workers { add(actor) }
        for actor in ingresses { add(actor) }
        for actor in producers { add(actor) }
        add(SimulatedOperator(in: self))
        add(FaultInjector(in: self))
        add(LateCalls(in: self))
    }

    private func add(_ actor: some SimulatedActor) {
        actor.firstTask = wake.count
        for task in 0..<actor.taskCount {
            owners.append((actors.count, task))
            wake.append(.max)
        }
        actors.append(actor)
        actor.start()
    }

    func setWake(_ task: Int, at time: Int) { wake[task] = time }

    func newIdentity() -> Int {
        identities += 1
        return identities - 1
    }

    // MARK: Running

    /// Runs the history to its end.
    /// - Returns: what went wrong; nil when nothing did.
    func run() -> String? {
        while audit.step < chaos.steps {
            step()
            if let violation = audit.violation { return violation }
        }
        calmDown()
        let end = clock.now + SimulatedTime.patience
        while clock.now < end, !(audit.step.isMultiple(of: 8) && isAtRest) {
            step()
            if let violation = audit.violation { return violation }
        }
        audit.closed(postgres, redis, living: workers.map(\.identity), requestCount: chaos.requests)
        if audit.violation == nil, !isAtRest { audit.violated("it never comes to rest: \(unrest)") }
        return audit.violation
    }

    private func step() {
        audit.step += 1
        let task = pick()
        let (actor, part) = owners[task]
        actors[actor].run(part)
        if redis.hasAppended {
            redis.hasAppended = false
            for worker in workers { worker.entriesCame() }
        }
        if chaos.losesTail, clock.now >= nextSync {
            nextSync = clock.now + random.within(20...SimulatedTime.lease / 2)
            redis.sync()
        }
        clock.now += [0, 1, 1, 2, 3, 5, 8, 13][random.below(8)]
    }

    /// One of the tasks that have something to do now; when none has, time goes on. By index and not by iterator: in a debug
    /// build that is most of a step.
    private func pick() -> Int {
        let wake = wake
        while true {
            let now = clock.now
            var ready = 0
            var earliest = Int.max
            var task = 0
            while task < wake.count {
                let time = wake[task]
                if time <= now { ready += 1 }
                if time < earliest { earliest = time }
                task += 1
            }
            if ready > 0 { return number(random.below(ready), of: wake, before: now) }
            clock.now = earliest
        }
    }

    private func number(_ wanted: Int, of wake: [Int], before now: Int) -> Int {
        var left = wanted
        var task = 0
        while task < wake.count {
            if wake[task] <= now {
                if left == 0 { return task }
                left -= 1
            }
            task += 1
        }
        return wake.count - 1
    }

    // MARK: Coming to rest

    private func calmDown() {
        log.note("faults end")
        isCalm = true
        network.faultsPerMille = 0
        network.redisIsBackAt = min(network.redisIsBackAt, clock.now)
        network.postgresIsBackAt = min(network.postgresIsBackAt, clock.now)
        for producer in producers { producer.isHurried() }
    }

    private var isAtRest: Bool { unrest.isEmpty }

    /// Who is not done yet.
    private var unrest: String {
        if network.nextLateCall != .max { return "late calls" }
        if producers.contains(where: { !$0.isDone }) { return "producers" }
        if !redis.contents.stream.isEmpty || !redis.contents.later.isEmpty || !redis.contents.ring.isEmpty { return "jobs in Redis" }
        if !(redis.contents.group?.pending.isEmpty ?? true) { return "pending entries" }
        if !postgres.groups.isEmpty { return "groups" }
        if workers.contains(where: { !$0.isIdle }) { return "workers" }
        if redis.contents.beats.contains(where: { beat in !workers.contains { $0.identity == beat.worker } }) { return "beats of dead workers" }
        if audit.jobs.indices.contains(where: { audit.jobs[$0].isPromised && postgres.outcome(of: $0) == nil }) { return "owed jobs" }
        return ""
    }
}

/// A process or a person, with one or more tasks that go on side by side.
protocol SimulatedActor: AnyObject {
    var taskCount: Int { get }
    /// Number of its first task in the simulation.
    var firstTask: Int { get set }
    func start()
    /// One step of a task.
    func run(_ task: Int)
}
