@testable import Jobs

/// What comes before a unit's transactions, and after them.
extension SimulatedUnit {
    /// `patiently`: while a store is away it is asked again, but not by a worker that leaves.
    /// - Parameter next: where a worker goes on that leaves.
    private func wait(orElse next: Phase) -> Progress {
        guard worker.isDraining else { return .waits }
        return goOn(next)
    }

    /// Nothing of this kind can be begun: all of it stays pending.
    private func leaveKind() -> Progress {
        guard worker.isDraining else { return .waits }
        owed = []
        return begin()
    }

    func lookUp() -> Progress {
        let suspects = owed.filter { simulation.rules.looksUpSeenJobs && $0.copy.marks.contains(.seen) }.map(\.copy.job)
        guard !suspects.isEmpty else { return askWishes() }
        guard let found = worker.finished(suspects) else { return leaveKind() }
        let finished = zip(suspects, found).filter { $0.1 != nil }.map(\.0)
        guard !finished.isEmpty else { return goOn(.askWishes) }
        simulation.audit.happened(.foundFinished)
        let done = owed.filter { finished.contains($0.copy.job) }
        owed.removeAll { finished.contains($0.copy.job) }
        return goOn(.acknowledge(done, then: .askWishes))
    }

    /// Memory answers for a fresh copy; for one that may have been seen before, PostgreSQL does.
    func askWishes() -> Progress {
        phase = .askWishes
        guard simulation.chaos.hasWishes else { return begin() }
        var wished = owed.map(\.copy.job).filter { worker.heard.contains($0) }
        let suspects = owed.filter { $0.copy.marks.contains(.seen) }.map(\.copy.job)
        if !suspects.isEmpty {
            let stands = simulation.network.ask("worker \(identity) asks for wishes about jobs \(suspects)") { postgres in
                postgres.wishes.filter { suspects.contains($0) }
            }
            guard let stands else { return leaveKind() }
            wished += stands
        }
        let unwanted = owed.filter { wished.contains($0.copy.job) }
        guard !unwanted.isEmpty else { return begin() }
        owed.removeAll { wished.contains($0.copy.job) }
        return goOn(.cancel([unwanted]))
    }

    /// All in one transaction; one by one where that fails.
    func cancel(_ parts: [[StreamEntry]]) -> Progress {
        guard let part = parts.last else { return begin() }
        let others = Phase.cancel(parts.dropLast())
        do throws(StoreFault) {
            _ = try simulation.network.postgres("worker \(identity) cancels jobs \(part)") { [identity] postgres throws(StoreFault) in
                try postgres.cancel(part, by: identity)
            }
            return goOn(.acknowledge(part, then: others))
        } catch {
            switch error {
            case .fenced: return .fenced
            case .unavailable: return wait(orElse: others)
            // A single one that ended in this very moment: the unit is given up, and what is left of it is found again.
            case .alreadyFinished: return part.count > 1 ? goOn(.cancel(parts.dropLast() + part.map { [$0] })) : .ended
            }
        }
    }

    func acknowledge(_ done: [StreamEntry], then next: Phase) -> Progress {
        let ids = done.map(\.id)
        let noted = done.filter { $0.copy.attempt > 1 || !$0.copy.marks.isDisjoint(with: [.seen, .noted]) }.map(\.copy.job)
        let isDone = simulation.network.redisDid("worker \(identity) acknowledges \(ids)") { $0.acknowledge(ids, clearing: noted) }
        return isDone ? goOn(next) : wait(orElse: next)
    }

    func postpone(_ entry: StreamEntry, _ copy: Copy, after delay: Int) -> Progress {
        let isDone = simulation.network.redisDid("worker \(identity) postpones job \(copy)") { $0.postpone(entry.id, copy, after: delay) }
        return isDone ? goOn(.choose) : wait(orElse: .choose)
    }

    func bury(_ entry: StreamEntry, isCrash: Bool) -> Progress {
        do throws(StoreFault) {
            _ = try simulation.network.postgres("worker \(identity) buries job \(entry.copy)") { [identity] postgres throws(StoreFault) in
                try postgres.bury(entry, by: identity, isCrash: isCrash)
            }
            return goOn(.acknowledge([entry], then: .choose))
        } catch {
            return error == .fenced ? .fenced : wait(orElse: .choose)
        }
    }
}
