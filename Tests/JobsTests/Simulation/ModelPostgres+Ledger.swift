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
        } else {
            acceptances.append(Acceptance(group: group, offer: offer, acceptedAt: clock.now))
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

    /// Owed jobs in the order of their ids, after `last`, accepted before `time`.
    func owed(after last: Int, before time: Int, limit: Int) -> [Offer] {
        var found: [Offer] = []
        for acceptance in acceptances.sorted(by: { $0.job < $1.job }) where acceptance.job > last {
            guard found.count < limit else { break }
            if acceptance.acceptedAt <= time, outcome(of: acceptance.job) == nil { found.append(acceptance.relayed) }
        }
        return found
    }
}
