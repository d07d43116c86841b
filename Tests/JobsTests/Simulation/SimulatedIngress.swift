@testable import Jobs

/// An ingress process: `LedgerAcceptance`, `StreamAcceptance` and `Confirmations`, with the batches that form while one is
/// under way.
final class SimulatedIngress: SimulatedActor {
    private enum Ledger {
        case idle
        case answering([Accepted])
        case appending
    }

    private enum Task: Int, CaseIterable {
        case ledger, stream, confirmations, start
    }

    let taskCount = Task.allCases.count
    var firstTask = 0
    let number: Int
    private(set) var isUp = true
    private unowned let simulation: Simulation
    private var waiting: (ledger: [Int], stream: [Int]) = ([], [])
    /// The batch of the ledger that is under way.
    private var batch: [Int] = []
    private var offers: [Offer] = []
    private var group = 0
    private var ledger = Ledger.idle
    private var streamBatch: [Int] = []
    private var streamAnswers: [Accepted] = []
    /// Groups whose jobs are known to be in Redis.
    private var confirmed: [Int] = []

    init(number: Int, in simulation: Simulation) {
        self.number = number
        self.simulation = simulation
    }

    func start() {}

    func run(_ task: Int) {
        guard let task = Task(rawValue: task) else { return }
        sleep(task)
        switch task {
        case .ledger: runLedger()
        case .stream: runStream()
        case .confirmations: runConfirmations()
        case .start:
            isUp = true
            simulation.log.note("ingress \(number) is up again")
        }
    }

    private func wake(_ task: Task, after pause: Int = 0) { simulation.setWake(firstTask + task.rawValue, at: simulation.clock.now + pause) }
    private func sleep(_ task: Task) { simulation.setWake(firstTask + task.rawValue, at: .max) }

    func take(_ request: Int) {
        if simulation.producers[request].isLedger {
            waiting.ledger.append(request)
            if case .idle = ledger { wake(.ledger) }
        } else {
            waiting.stream.append(request)
            if streamBatch.isEmpty { wake(.stream) }
        }
    }

    func crash() {
        guard isUp else { return }
        simulation.log.note("ingress \(number) crashes")
        isUp = false
        for task in Task.allCases { sleep(task) }
        let lost = waiting.ledger + waiting.stream + batch + streamBatch
        waiting = ([], [])
        (batch, offers, ledger, streamBatch, streamAnswers, confirmed) = ([], [], .idle, [], [], [])
        for request in lost { simulation.producers[request].failed() }
        wake(.start, after: simulation.random.within(20...300))
    }

    // MARK: Ledger kinds

    private func runLedger() {
        switch ledger {
        case .idle: commit()
        case .answering(let answers): answer(answers)
        case .appending: append()
        }
    }

    private func commit() {
        guard !waiting.ledger.isEmpty else { return }
        batch = Array(waiting.ledger.prefix(4))
        waiting.ledger.removeFirst(batch.count)
        offers = batch.map { simulation.producers[$0].offer() }
        group = simulation.postgres.newID()
        let forgetting = confirmed
        confirmed = []
        let answers = simulation.network.ask("ingress \(number) commits jobs \(offers) as group \(group)") { [offers, group] in
            $0.accept(offers, group: group, confirmed: forgetting)
        }
        if let answers {
            ledger = .answering(answers)
        } else {
            confirmed += forgetting
            for request in batch { simulation.producers[request].failed() }
            next()
        }
        wake(.ledger)
    }

    private func answer(_ answers: [Accepted]) {
        var accepted: [Offer] = []
        for (index, answer) in answers.enumerated() {
            if case .accepted = answer { accepted.append(offers[index]) }
            simulation.producers[batch[index]].answered(answer.job)
        }
        batch = []
        offers = accepted
        ledger = .appending
        wake(.ledger)
    }

    private func append() {
        let offers = offers
        if simulation.network.redisDid("ingress \(number) appends jobs \(offers)", { $0.enter(offers) }) {
            confirmed.append(group)
            wake(.confirmations, after: SimulatedTime.confirm)
        }
        next()
        wake(.ledger)
    }

    private func next() {
        ledger = .idle
        batch = []
        offers = []
    }

    private func runConfirmations() {
        guard !confirmed.isEmpty else { return }
        let forgetting = confirmed
        confirmed = []
        guard simulation.network.ask("ingress \(number) confirms groups \(forgetting)", { $0.confirm(forgetting) }) == nil else { return }
        confirmed += forgetting
        wake(.confirmations, after: SimulatedTime.confirm)
    }

    // MARK: Stream kinds

    private func runStream() {
        if !streamAnswers.isEmpty {
            for (request, answer) in zip(streamBatch, streamAnswers) { simulation.producers[request].answered(answer.job) }
            (streamBatch, streamAnswers) = ([], [])
        } else if !waiting.stream.isEmpty {
            streamBatch = Array(waiting.stream.prefix(4))
            waiting.stream.removeFirst(streamBatch.count)
            let offers = streamBatch.map { simulation.producers[$0].offer() }
            let answers = simulation.network.redis("ingress \(number) offers jobs \(offers)") { $0.accept(offers) }
            if let answers {
                streamAnswers = answers
            } else {
                for request in streamBatch { simulation.producers[request].failed() }
                streamBatch = []
            }
        } else {
            return
        }
        wake(.stream)
    }
}
