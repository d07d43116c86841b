import Foundation

@testable import Jobs

/// The tasks of a worker that read the stream, beat, and move what is due.
extension SimulatedWorker {
    func beat() {
        let identity = identity
        if let (time, beats) = simulation.network.redis("worker \(identity) beats", { $0.beat(identity) }) {
            var known: [UUID: Int] = [:]
            for beat in beats { known[Self.uuid(of: beat.worker)] = beat.at }
            let silent = lease.observed(now: time, beats: known).filter { $0 != Self.uuid(of: identity) }
            if !isDraining, !silent.isEmpty { dead.note(silent) }
        } else {
            lease.lostSight()
        }
        wake(.heartbeat, at: now + SimulatedTime.beat)
        endDrain()
    }

    func promote() {
        guard !isDraining else { return }
        let wait: Int =
            switch simulation.network.redis("worker \(identity) promotes", { $0.promote() }) {
            case let (moved, next)?: moved > 0 ? 0 : max(5, min(next ?? SimulatedTime.promoterWait, SimulatedTime.promoterWait))
            case nil: SimulatedTime.promoterWait
            }
        wake(.promoter, at: now + wait)
    }

    func listen() {
        // While nobody answers, what was last heard stands.
        heard = simulation.network.ask("worker \(identity) listens", { $0.wishes }) ?? heard
        wake(.controls, at: now + SimulatedTime.controls)
    }

    func read() {
        isBlocked = false
        guard !isDraining, let free = units.firstIndex(where: { $0 == nil }) else { return }
        let identity = identity
        let reply = simulation.network.redis("worker \(identity) reads", { $0.read(by: identity, most: 4) })
        guard let entries = reply else { return wake(.reader, at: now + simulation.random.within(10...40)) }
        guard !entries.isEmpty else {
            isBlocked = true
            return wake(.reader, at: now + SimulatedTime.block)
        }
        units[free] = (SimulatedUnit(entries, of: self), inFlight.began(entries.map { EntryKey(lane: .ready(.normal), id: String($0.id)) }))
        wake(free == 0 ? .first : .second, at: now)
        wake(.reader, at: now)
    }

    /// The stream has something for those who wait at it.
    func entriesCame() {
        if isBlocked { wake(.reader, at: now) }
    }

    func runUnit(_ index: Int) {
        guard let (unit, ticket) = units[index] else { return }
        let task = index == 0 ? Task.first : .second
        switch unit.step() {
        case .goesOn: wake(task, at: now)
        case .waits: wake(task, at: now + simulation.random.within(5...30))
        case .ended:
            inFlight.ended(ticket)
            units[index] = nil
            if !isDraining { wake(.reader, at: now) }
            endDrain()
        case .fenced: wasFenced()
        case .killed: crash()
        }
    }

    // MARK: What its units ask

    /// - Returns: nil when the store is away.
    func finished(_ jobs: [Int]) -> [OutcomeState?]? {
        simulation.network.ask("worker \(identity) looks up jobs \(jobs)") { $0.finished(jobs) }
    }

    func verdict(on entry: StreamEntry) -> Verdict {
        switch simulation.audit.jobs[entry.copy.job].behaviour {
        case .healthy: .done
        case .fails(let times): entry.copy.attempt <= times ? .failed(permanent: false) : .done
        case .alwaysFails: .failed(permanent: false)
        case .isRefused: .failed(permanent: true)
        case .isRefusedByOldRelease: slot == 0 ? .failed(permanent: true) : .done
        case .poison: .killed
        }
    }

    /// Identities as the lease knows them.
    static func uuid(of identity: Int) -> UUID { UUID(high: 0x0199_0000_0000_7000, low: UInt64(identity)) }
    func identity(of worker: UUID) -> Int { Int(worker.words.low) }
}
