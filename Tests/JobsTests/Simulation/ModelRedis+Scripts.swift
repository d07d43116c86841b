@testable import Jobs

/// The way of a job through the scripts: accept, append, read, acknowledge, retry, promote. Each is one step, as in Redis.
extension ModelRedis {
    /// `accept.lua`
    func accept(_ offers: [Offer]) -> [Accepted] {
        var answers: [Accepted] = []
        for offer in offers {
            if let key = offer.key, let holder = contents.keys.first(where: { $0.key == key }) {
                answers.append(.replayed(holder.job))
                continue
            }
            if let key = offer.key { contents.keys.append(Contents.Key(key: key, job: offer.copy.job)) }
            add(offer)
            answers.append(.accepted(offer.copy.job))
        }
        return answers
    }

    /// `append.lua` and `schedule.lua`, which are called one after the other.
    func enter(_ offers: [Offer]) {
        for offer in offers { add(offer) }
    }

    private func add(_ offer: Offer) {
        let copy = offer.copy
        audit.appended(copy.job)
        if let due = offer.notBefore, due > now { return wait(until: due, copy) }
        guard contents.stream.count >= Self.window else { return xadd(copy) }
        audit.happened(.parked)
        if contents.parked[copy.workspace].isEmpty { contents.ring.append(copy.workspace) }
        contents.parked[copy.workspace].append(copy)
    }

    /// `XREADGROUP … >`
    func read(by consumer: Int, most: Int) -> [StreamEntry] {
        ensureGroup()
        guard var group = contents.group else { return [] }
        if !group.consumers.contains(consumer) { group.consumers.append(consumer) }
        var read: [StreamEntry] = []
        for entry in contents.stream where entry.id > group.lastDelivered {
            guard read.count < most else { break }
            read.append(entry)
        }
        for entry in read {
            group.pending.append(Contents.Pending(id: entry.id, consumer: consumer))
            group.lastDelivered = entry.id
        }
        contents.group = group
        return read
    }

    /// `acknowledge.lua`
    func acknowledge(_ ids: [Int], clearing jobs: [Int]) {
        for id in ids {
            xack(id)
            xdel(id)
        }
        for job in jobs { clearStarts(of: job) }
        refill()
    }

    /// `retry.lua`
    func postpone(_ id: Int, _ copy: Copy, after delay: Int) {
        wait(until: now + delay, copy)
        audit.happened(.retried)
        clearStarts(of: copy.job)
        xack(id)
        xdel(id)
    }

    /// Of a job there is one copy in the later set.
    private func wait(until due: Int, _ copy: Copy) {
        let later = Contents.Later(job: copy.job, due: due, copy: copy)
        if let index = contents.later.firstIndex(where: { $0.job == copy.job }) {
            contents.later[index] = later
        } else {
            contents.later.append(later)
        }
    }

    /// `hurry.lua`
    func hurry(_ job: Int) {
        guard let index = contents.later.firstIndex(where: { $0.job == job }) else { return }
        contents.later[index].due = 0
        contents.later[index].copy.marks.insert(.seen)
    }

    /// `promote.lua`
    /// - Returns: how many were moved, and the time until the next one is due.
    func promote() -> (moved: Int, next: Int?) {
        let now = now
        let due = contents.later.filter { $0.due <= now }
        if !due.isEmpty {
            for later in due { xadd(later.copy) }
            contents.later.removeAll { $0.due <= now }
        }
        refill()
        return (due.count, contents.later.map { $0.due - now }.min())
    }

    func clearStarts(of job: Int) {
        guard let index = contents.starts.firstIndex(where: { $0.job == job }) else { return }
        contents.starts.remove(at: index)
        audit.startsForgotten(of: job)
    }

    private func refill() {
        while contents.stream.count < Self.window, let workspace = contents.ring.first {
            contents.ring.removeFirst()
            let quantum = min(2, Self.window - contents.stream.count, contents.parked[workspace].count)
            for copy in contents.parked[workspace].prefix(quantum) { xadd(copy) }
            contents.parked[workspace].removeFirst(quantum)
            if !contents.parked[workspace].isEmpty { contents.ring.append(workspace) }
        }
    }
}
