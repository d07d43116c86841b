@testable import Jobs

/// `Relay.sweep`: one turn. Its place in the ledger lies in PostgreSQL, and moves on only when all before it were compared.
final class SimulatedSweep {
    private enum Phase {
        case turn
        case look
        case held(place: Int)
        case stillOwed([Int])
        case append([Offer])
        case keep
    }

    /// Acceptances that are looked at together, and owed jobs that are compared together.
    private static let page = 3

    private unowned let worker: SimulatedWorker
    private unowned let simulation: Simulation
    private var phase = Phase.turn
    /// Up to this group all were looked at and compared.
    private var place = 0
    private var last = 0
    private var isAtEnd = false
    private var owed: [Int] = []
    private var held: Set<Int> = []

    init(of worker: SimulatedWorker) {
        self.worker = worker
        simulation = worker.simulation
    }

    private var me: String { "sweep of worker \(worker.identity)" }

    /// - Returns: false at the end of the turn.
    func step() -> Bool {
        switch phase {
        case .turn: takeTurn()
        case .look: look()
        case .held(let place): readHeld(place)
        case .stillOwed(let absent): askWhetherOwed(absent)
        case .append(let owed): append(owed)
        case .keep: keep()
        }
    }

    private func goOn(_ next: Phase) -> Bool {
        phase = next
        return true
    }

    /// A store is away: somebody goes on from there, soon.
    private func letGo() -> Bool {
        let (identity, place) = (worker.identity, place)
        _ = simulation.network.ask("\(me) lets its turn go") { $0.keepSweep(identity, at: place, rest: SimulatedTime.sweepPause) }
        return false
    }

    private func takeTurn() -> Bool {
        let identity = worker.identity
        let call = simulation.network.ask("\(me) takes its turn") { $0.takeSweep(identity) }
        guard let turn = call, let begin = turn else { return false }
        (place, last) = (begin, begin)
        return goOn(.look)
    }

    private func look() -> Bool {
        let last = last
        guard let look = simulation.network.ask("\(me) looks behind group \(last)", { $0.look(after: last, rows: Self.page) }) else { return letGo() }
        owed += look.owed
        self.last = look.last
        isAtEnd = look.looked < Self.page
        if !owed.isEmpty, isAtEnd || owed.count >= Self.page {
            held = []
            return goOn(.held(place: 0))
        }
        if isAtEnd { place = look.last }
        return goOn(.keep)
    }

    private func readHeld(_ place: Int) -> Bool {
        guard let jobs = simulation.network.redis("\(me) reads what is held, \(place)", { $0.held(at: place) }) else { return letGo() }
        held.formUnion(jobs)
        if place < 2 { return goOn(.held(place: place + 1)) }
        return goOn(.stillOwed(owed.filter { !held.contains($0) }))
    }

    private func askWhetherOwed(_ absent: [Int]) -> Bool {
        guard let found = simulation.network.ask("\(me) asks whether jobs \(absent) are owed", { $0.owed(among: absent) }) else { return letGo() }
        return goOn(.append(found))
    }

    private func append(_ absent: [Offer]) -> Bool {
        if !absent.isEmpty {
            guard simulation.network.redisDid("\(me) appends absent jobs \(absent)", { $0.enter(absent) }) else { return letGo() }
            simulation.audit.happened(.madeGood)
        }
        owed = []
        place = last
        return goOn(.keep)
    }

    private func keep() -> Bool {
        let (identity, place) = (worker.identity, place)
        if isAtEnd {
            _ = simulation.network.ask("\(me) ends its turn") { $0.endSweep(identity, at: place) }
            return false
        }
        let call = simulation.network.ask("\(me) keeps its turn") { $0.keepSweep(identity, at: place, rest: SimulatedTime.sweepTurn) }
        return call == true && goOn(.look)
    }
}
