@testable import Jobs

/// A producer with one request, which it repeats under the same Idempotency-Key (or for the same job) until it is answered.
final class SimulatedProducer: SimulatedActor {
    enum State {
        case pausing
        case waiting(ingress: Int)
        case answered(job: Int)
        case gone
    }

    let taskCount = 1
    var firstTask = 0
    let request: Int
    let isLedger: Bool
    private let ownsTable: Bool
    private let isKeyed: Bool
    /// The job, where the producer chose its id; such a request needs no key.
    private(set) var chosen: Int?
    private let behaviour: Behaviour
    private let workspace: Int
    /// For how long the job is to wait.
    private let delay: Int?
    private unowned let simulation: Simulation
    private(set) var state = State.pausing

    init(request: Int, in simulation: Simulation) {
        self.request = request
        self.simulation = simulation
        let kind = simulation.random.below(simulation.chaos.hasStreamKinds ? 3 : 2)
        isLedger = kind < 2
        ownsTable = kind == 1
        isKeyed = simulation.random.happens(700)
        workspace = simulation.random.below(ModelRedis.workspaces)
        delay = simulation.random.happens(100) ? simulation.random.within(50...400) : nil
        // One that kills its workers is enough for a history.
        switch request == 0 && simulation.chaos.hasPoison ? 2 : simulation.random.below(10) {
        case 0: behaviour = .fails(times: simulation.random.within(1...2))
        case 1: behaviour = simulation.random.happens(500) ? .alwaysFails : .isRefused
        case 2: behaviour = request == 0 ? .poison : .healthy
        case 3...7: behaviour = simulation.chaos.hasOldRelease ? .isRefusedByOldRelease : .healthy
        default: behaviour = .healthy
        }
        if !isKeyed { chosen = newJob() }
    }

    /// A job under an id of its own: one for each time that an ingress gets the request, if the producer chose none.
    func newJob() -> Int {
        simulation.postgres.addJob()
        return simulation.audit.addJob(
            .init(request: request, workspace: workspace, isLedger: isLedger, ownsTable: ownsTable, isKeyed: isKeyed, behaviour: behaviour))
    }

    /// What an ingress makes of the request.
    func offer() -> Offer {
        var marks: Envelope.Marks = chosen == nil ? [] : .seen
        if !isLedger { marks.insert(.noted) }
        return Offer(
            copy: Copy(job: chosen ?? newJob(), workspace: workspace, marks: marks), key: isKeyed ? request : nil,
            notBefore: delay.map { simulation.clock.now + $0 })
    }

    var isDone: Bool {
        switch state {
        case .answered, .gone: true
        case .pausing, .waiting: false
        }
    }

    func start() { wake(after: simulation.random.below(600)) }

    /// The faults are over: what has not begun begins.
    func isHurried() {
        if case .pausing = state { wake(after: 0) }
    }

    func run(_ task: Int) {
        simulation.setWake(firstTask, at: .max)
        let ingress = simulation.ingresses[simulation.random.below(simulation.ingresses.count)]
        if ingress.isUp {
            state = .waiting(ingress: ingress.number)
            ingress.take(request)
        } else {
            wake(after: simulation.random.within(20...80))
        }
    }

    func answered(_ job: Int) {
        guard case .waiting = state else { return }
        // The answer itself may be lost, as any may.
        guard simulation.isCalm || !simulation.random.happens(simulation.chaos.callFaults) else { return failed() }
        simulation.audit.told(job)
        state = .answered(job: job)
    }

    /// 503, or a connection that broke.
    func failed() {
        guard case .waiting = state else { return }
        state = !simulation.isCalm && simulation.random.happens(50) ? .gone : .pausing
        if case .pausing = state { wake(after: simulation.random.within(10...100)) }
    }

    private func wake(after pause: Int) { simulation.setWake(firstTask, at: simulation.clock.now + pause) }
}
