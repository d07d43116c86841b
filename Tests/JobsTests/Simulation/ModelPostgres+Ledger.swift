@testable import Jobs

/// What was promised: acceptances, groups, and what of them is owed.
extension ModelPostgres {
    /// Commits many acceptances as one group, and forgets groups that are confirmed.
    func accept(_ offers: [Offer], group: Int, confirmed: [Int]) -> [Accepted] {
        confirm(confirmed)
        groups.append(Group(id: group, createdAt: clock.now))
        return offers.map { offer in
            let job = offer.copy.job
            if let key = offer.key, case let holder = holder(of: key, orElse: job), holder != job { return Accepted.replayed(holder) }
            promise(offer, group: group)
            return .accepted(job)
        }
    }

    func confirm(_ confirmed: [Int]) {
        if !confirmed.isEmpty { groups.removeAll { confirmed.contains($0.id) } }
    }

    private func promise(_ offer: Offer, group: Int) {
        audit.promised(offer.copy.job)
        if let index = acceptances.firstIndex(where: { $0.job == offer.copy.job }) {
            acceptances[index].group = group
            acceptances[index].groupedAt = clock.now
        } else {
            acceptances.append(Acceptance(group: group, groupedAt: clock.now, offer: offer))
        }
    }

    /// Puts a dead letter back among the accepted jobs.
    /// - Returns: the group to confirm after the append; nil when there is no such letter any more.
    func replay(_ letter: Int) -> (offer: Offer, group: Int)? {
        guard let index = letters.firstIndex(of: letter) else { return nil }
        letters.remove(at: index)
        forgetDeadOutcome(of: letter)
        forgetWish(for: letter)
        let group = newID()
        groups.append(Group(id: group, createdAt: clock.now))
        let offer = Offer(copy: Copy(job: letter, workspace: audit.jobs[letter].workspace, marks: .seen))
        promise(offer, group: group)
        audit.replayed(letter)
        return (offer, group)
    }

    // MARK: The relay's questions

    /// Locks a page of groups that stand for long, in a transaction that stays open.
    /// - Returns: how many, and copies of their jobs that are owed.
    func lockUnconfirmed(by transaction: Int, most: Int) -> (groups: Int, owed: [Offer]) {
        var locked: [Int] = []
        guard !abandoned.contains(transaction) else { return (0, []) }
        for index in groups.indices where groups[index].lockedBy == nil && locked.count < most {
            guard clock.now - groups[index].createdAt > SimulatedTime.relayAge else { continue }
            groups[index].lockedBy = transaction
            locked.append(groups[index].id)
        }
        return (locked.count, acceptances.filter { locked.contains($0.group) && outcome(of: $0.job) == nil }.map(\.relayed))
    }

    /// Forgets what a transaction has locked, and ends it.
    func forgetLocked(by transaction: Int) { groups.removeAll { $0.lockedBy == transaction } }

    func rollBack(_ transaction: Int) {
        abandoned.insert(transaction)
        for index in groups.indices where groups[index].lockedBy == transaction { groups[index].lockedBy = nil }
    }

    func rollBackEverything() {
        for index in groups.indices { groups[index].lockedBy = nil }
    }

    /// Owed jobs in the order of their ids, after `last`.
    func owed(after last: Int, limit: Int) -> [Offer] {
        var found: [Offer] = []
        for acceptance in acceptances.sorted(by: { $0.job < $1.job }) where acceptance.job > last {
            guard found.count < limit else { break }
            if outcome(of: acceptance.job) == nil { found.append(acceptance.relayed) }
        }
        return found
    }
}

// MARK: The sweep's questions

extension ModelPostgres {
    struct Look {
        let owed: [Int]
        let looked: Int
        let last: Int
    }

    /// - Returns: the group behind which to go on; nil when another worker has the turn, or it is too early.
    func takeSweep(_ worker: Int) -> Int? {
        guard sweep.turnAt <= clock.now else { return nil }
        sweep.owner = worker
        sweep.turnAt = clock.now + SimulatedTime.sweepTurn
        return sweep.place
    }

    /// The next acceptances in the order of their groups, as far as they are old enough; a group is not cut.
    func look(after group: Int, rows: Int) -> Look {
        var owed: [Int] = []
        var (looked, last) = (0, group)
        for acceptance in acceptances.sorted(by: { ($0.group, $0.job) < ($1.group, $1.job) }) {
            guard acceptance.group > group, clock.now - acceptance.groupedAt > SimulatedTime.owedForLong else { continue }
            if looked >= rows, acceptance.group != last { break }
            looked += 1
            last = acceptance.group
            if isOwedAndAppended(acceptance) { owed.append(acceptance.job) }
        }
        return Look(owed: owed, looked: looked, last: last)
    }

    /// Those of `jobs` that are owed and whose append nobody looks after.
    func owed(among jobs: [Int]) -> [Offer] {
        acceptances.sorted { $0.job < $1.job }.filter { jobs.contains($0.job) && isOwedAndAppended($0) }.map(\.relayed)
    }

    private func isOwedAndAppended(_ acceptance: Acceptance) -> Bool {
        outcome(of: acceptance.job) == nil && !groups.contains { $0.id == acceptance.group }
    }

    func keepSweep(_ worker: Int, at place: Int, rest: Int) -> Bool {
        guard sweep.owner == worker else { return false }
        sweep.place = place
        sweep.turnAt = clock.now + rest
        return true
    }

    func endSweep(_ worker: Int, at place: Int) {
        guard sweep.owner == worker else { return }
        sweep.place = place
        sweep.turnAt = clock.now + SimulatedTime.sweepPause
        guard sweep.passageAt <= clock.now else { return }
        sweep.place = 0
        sweep.passageAt = clock.now + SimulatedTime.passage
    }

    func repeatSweep() { sweep.passageAt = min(sweep.passageAt, clock.now + SimulatedTime.afterLoss) }
}
