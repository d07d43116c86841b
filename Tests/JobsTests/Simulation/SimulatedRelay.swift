@testable import Jobs

/// `Relay`: appends what an ingress committed and did not append, and what Redis lost; and sweeps, where all seems to be well.
final class SimulatedRelay {
    private enum Phase {
        case idle
        case groups
        case appendOwed([Offer], isFull: Bool)
        case forget(isFull: Bool)
        case forgetEarly([Offer], isFull: Bool)
        case epoch
        case recorded(seen: ModelRedis.Contents.Epoch?)
        case announce(new: Int, seen: ModelRedis.Contents.Epoch?)
        case page(after: Int)
        case held(page: [Offer], place: Int)
        case append([Offer], last: Int, isFull: Bool)
        case conclude
        case record
        case repeatSweep
        case sweep(SimulatedSweep)
    }

    /// Jobs that are looked at together.
    private static let page = 3

    private unowned let worker: SimulatedWorker
    private unowned let simulation: Simulation
    private var phase = Phase.idle
    /// The open transaction that has groups locked.
    private var transaction: Int?
    private var pending: ModelRedis.Contents.Epoch?
    /// Jobs that Redis holds; nil before it was asked.
    private var held: Set<Int>?
    /// An epoch was recorded before: what is missing was lost.
    private var hadEpoch = false

    init(of worker: SimulatedWorker) {
        self.worker = worker
        simulation = worker.simulation
    }

    /// A transaction ends with its process.
    func end() {
        if let transaction { simulation.postgres.rollBack(transaction) }
        transaction = nil
    }

    /// - Returns: when to go on.
    func step() -> Int {
        switch phase {
        case .idle:
            guard !worker.isDraining, simulation.rules.relays else { return .max }
            phase = .groups
        case .groups: lockGroups()
        case .appendOwed(let owed, let isFull): appendOwed(owed, isFull)
        case .forget(let isFull): forget(then: nil, isFull)
        case .forgetEarly(let owed, let isFull): forget(then: owed, isFull)
        case .epoch: readEpoch()
        case .recorded(let seen): readRecorded(seen)
        case .announce(let new, let seen): announce(new, seen)
        case .page(let last): readPage(after: last)
        case .held(let page, let place): readHeld(page, place)
        case .append(let absent, let last, let isFull): append(absent, last, isFull)
        case .conclude: conclude()
        case .record: record()
        case .repeatSweep: repeatSweep()
        case .sweep(let sweep): if !sweep.step() { giveUp() }
        }
        if case .idle = phase { return simulation.clock.now + SimulatedTime.relay }
        return simulation.clock.now
    }

    private var me: String { "relay of worker \(worker.identity)" }

    // MARK: Groups that nobody confirmed

    private func lockGroups() {
        let transaction = simulation.postgres.newID()
        phase = .epoch
        guard let (groups, owed) = simulation.network.ask("\(me) locks groups", { $0.lockUnconfirmed(by: transaction, most: 2) }) else {
            // The connection is gone, and what it had locked with it.
            return simulation.postgres.rollBack(transaction)
        }
        guard groups > 0 else { return }
        self.transaction = transaction
        phase = simulation.rules.forgetsGroupsAfterAppend ? .appendOwed(owed, isFull: groups == 2) : .forgetEarly(owed, isFull: groups == 2)
    }

    private func appendOwed(_ owed: [Offer], _ isFull: Bool) {
        if !owed.isEmpty, !simulation.network.redisDid("\(me) appends owed jobs \(owed)", { $0.enter(owed) }) {
            end()
            phase = .epoch
        } else {
            if !owed.isEmpty { simulation.audit.happened(.relayed) }
            phase = transaction == nil ? .epoch : .forget(isFull: isFull)
        }
    }

    private func forget(then owed: [Offer]?, _ isFull: Bool) {
        guard let transaction else { return }
        do throws(StoreFault) {
            try simulation.network.postgres("\(me) forgets its groups", onRefusal: { simulation.postgres.rollBack(transaction) }) {
                postgres throws(StoreFault) in
                postgres.forgetLocked(by: transaction)
            }
            self.transaction = nil
            phase = owed.map { .appendOwed($0, isFull: isFull) } ?? (isFull && !worker.isDraining ? .groups : .epoch)
        } catch {
            // Unknown: if it comes later, the locks stand until then.
            self.transaction = nil
            phase = .epoch
        }
    }

    // MARK: What Redis lost

    private func readEpoch() {
        guard let seen = simulation.network.redis("\(me) reads the epoch", { $0.epoch }) else { return giveUp() }
        phase = .recorded(seen: seen)
    }

    private func giveUp() {
        phase = .idle
        held = nil
    }

    private func readRecorded(_ seen: ModelRedis.Contents.Epoch?) {
        guard let recorded = simulation.network.ask("\(me) reads the recorded epoch", { $0.recordedEpoch }) else { return giveUp() }
        held = nil
        if let seen, !seen.isPending, !seen.isMoved, seen.name == recorded {
            guard simulation.rules.sweepsOwedJobs else { return giveUp() }
            phase = .sweep(SimulatedSweep(of: worker))
            return
        }
        hadEpoch = recorded != nil
        if let seen, seen.isPending, !seen.isMoved, simulation.clock.now - seen.began < SimulatedTime.relayPatience { return giveUp() }
        phase = .announce(new: simulation.postgres.newID(), seen: seen)
    }

    private func announce(_ new: Int, _ seen: ModelRedis.Contents.Epoch?) {
        let epoch = ModelRedis.Contents.Epoch(name: new, isPending: simulation.rules.keepsEpochPending, began: simulation.clock.now)
        guard simulation.network.redis("\(me) announces epoch \(new)", { $0.setEpoch(epoch, seen: seen) }) == true else { return giveUp() }
        pending = epoch
        phase = simulation.rules.keepsEpochPending ? .page(after: -1) : .record
    }

    private func readPage(after last: Int) {
        let call = simulation.network.ask("\(me) reads what is owed after \(last)") { $0.owed(after: last, limit: Self.page) }
        guard let page = call else { return giveUp() }
        if page.isEmpty {
            phase = .conclude
        } else if held == nil {
            held = []
            phase = .held(page: page, place: 0)
        } else {
            chooseAbsent(page)
        }
    }

    /// Three looks at three places, between which a job may move.
    private func readHeld(_ page: [Offer], _ place: Int) {
        guard let jobs = simulation.network.redis("\(me) reads what is held, \(place)", { $0.held(at: place) }) else { return giveUp() }
        held?.formUnion(jobs)
        if place < 2 { phase = .held(page: page, place: place + 1) } else { chooseAbsent(page) }
    }

    private func chooseAbsent(_ page: [Offer]) {
        let absent = page.filter { held?.contains($0.copy.job) != true }
        phase = .append(absent, last: page.last?.copy.job ?? 0, isFull: page.count == Self.page)
    }

    private func append(_ absent: [Offer], _ last: Int, _ isFull: Bool) {
        if !absent.isEmpty, !simulation.network.redisDid("\(me) appends missing jobs \(absent)", { $0.enter(absent) }) {
            return giveUp()
        }
        if !absent.isEmpty { simulation.audit.happened(.madeGood) }
        phase = isFull ? .page(after: last) : .conclude
    }

    private func conclude() {
        guard simulation.rules.keepsEpochPending, let pending else { return giveUp() }
        let epoch = ModelRedis.Contents.Epoch(name: pending.name, isPending: false, began: pending.began)
        guard simulation.network.redis("\(me) sets epoch \(pending.name)", { $0.setEpoch(epoch, seen: pending) }) == true else { return giveUp() }
        phase = .record
    }

    private func record() {
        guard let name = pending?.name else { return giveUp() }
        guard simulation.network.ask("\(me) records epoch \(name)", { $0.recordedEpoch = name }) != nil else { return giveUp() }
        phase = simulation.rules.keepsEpochPending ? .repeatSweep : .page(after: -1)
    }

    /// Who had read something before the loss may acknowledge it later, under an id that by then is another job's.
    private func repeatSweep() {
        if hadEpoch, simulation.rules.sweepsOwedJobs { _ = simulation.network.ask("\(me) has the sweep repeated") { $0.repeatSweep() } }
        giveUp()
    }
}
