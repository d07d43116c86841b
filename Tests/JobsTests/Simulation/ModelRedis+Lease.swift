@testable import Jobs

/// What workers do for each other and the relay for all: beats, claims, hand-backs, epochs.
extension ModelRedis {
    /// `beat.lua`
    func beat(_ worker: Int) -> (now: Int, beats: [Contents.Beat]) {
        let now = now
        if let index = contents.beats.firstIndex(where: { $0.worker == worker }) {
            contents.beats[index].at = now
        } else {
            contents.beats.append(Contents.Beat(worker: worker, at: now))
        }
        for consumer in contents.group?.consumers ?? [] where !contents.beats.contains(where: { $0.worker == consumer }) {
            guard rules.watchesIdleConsumers || rules.watchesUnheardConsumers && pendingCount(of: consumer) > 0 else { continue }
            contents.beats.append(Contents.Beat(worker: consumer, at: now))
        }
        return (now, contents.beats)
    }

    /// `claim.lua`
    func claim(from dead: Int, to owner: Int, most: Int) -> (entries: [StreamEntry], isGone: Bool) {
        ensureGroup()
        var claimed: [StreamEntry] = []
        var found = 0
        for pending in contents.group?.pending ?? [] where pending.consumer == dead && found < most {
            found += 1
            guard let entry = entry(pending.id) else {
                xack(pending.id)
                continue
            }
            if let index = contents.group?.pending.firstIndex(where: { $0.id == pending.id }) {
                contents.group?.pending[index].consumer = owner
            }
            audit.taken(entry.serial, from: dead)
            died(dead, of: entry.copy.job)
            claimed.append(entry)
        }
        if !claimed.isEmpty, contents.group?.consumers.contains(owner) == false { contents.group?.consumers.append(owner) }
        guard pendingCount(of: dead) == 0 else { return (claimed, false) }
        remove(dead)
        return (claimed, true)
    }

    /// A worker that began a job alone was declared dead with an entry of it in hand.
    private func died(_ worker: Int, of job: Int) {
        guard let index = contents.starts.firstIndex(where: { $0.job == job }), contents.starts[index].workers.contains(worker) else { return }
        contents.starts[index].workers.removeAll { $0 == worker }
        if !contents.starts[index].dead.contains(worker) { contents.starts[index].dead.append(worker) }
    }

    /// `leave.lua`
    func leave(_ worker: Int) {
        ensureGroup()
        if pendingCount(of: worker) == 0 { remove(worker) }
    }

    private func remove(_ worker: Int) {
        contents.group?.consumers.removeAll { $0 == worker }
        contents.beats.removeAll { $0.worker == worker }
    }

    /// `handback.lua`
    func handBack(_ worker: Int) {
        ensureGroup()
        for pending in contents.group?.pending ?? [] where pending.consumer == worker {
            let found = entry(pending.id)
            xack(pending.id)
            guard var copy = found?.copy else { continue }
            xdel(pending.id)
            forgetStart(of: copy.job, by: worker)
            copy.marks.insert(.seen)
            xadd(copy)
            audit.happened(.handedBack)
        }
    }

    /// Only the name of the worker that leaves goes; where starts are counted and not deaths, all that is known goes with it.
    private func forgetStart(of job: Int, by worker: Int) {
        guard rules.countsDeadStarters else { return clearStarts(of: job) }
        if let index = contents.starts.firstIndex(where: { $0.job == job }) { contents.starts[index].workers.removeAll { $0 == worker } }
    }

    /// `XPENDING` of one consumer.
    func pending(of worker: Int) -> [Int] {
        ensureGroup()
        return contents.group?.pending.filter { $0.consumer == worker }.map(\.id) ?? []
    }

    /// `begin.lua`: counts of those who began it alone the ones that were declared dead with it in hand, or whose beat was taken
    /// away; and begins nothing that is another's. Where the rules say so, just how often it was begun.
    /// - Returns: how often it was begun, this time included, with all but the last in vain; nil when the entry is another's.
    func beginAlone(_ entry: StreamEntry, by worker: Int) -> Int? {
        let job = entry.copy.job
        if rules.countsDeadStarters, contents.group?.pending.contains(where: { $0.id == entry.id && $0.consumer == worker }) != true {
            return nil
        }
        audit.begunAlone(job, by: worker)
        guard let index = contents.starts.firstIndex(where: { $0.job == job }) else {
            contents.starts.append(Contents.Start(job: job, count: 1, workers: [worker]))
            return 1
        }
        contents.starts[index].count += 1
        if !contents.starts[index].workers.contains(worker) { contents.starts[index].workers.append(worker) }
        let start = contents.starts[index]
        guard rules.countsDeadStarters else { return start.count }
        let vanished = start.workers.filter { starter in starter != worker && !contents.beats.contains(where: { $0.worker == starter }) }
        return 1 + start.dead.count(where: { $0 != worker }) + vanished.count
    }

    /// `epoch.lua`, as it reads
    var epoch: Contents.Epoch? {
        guard var epoch = contents.epoch else { return nil }
        epoch.isMoved = rules.knowsServers && contents.epochServer != server
        return epoch
    }

    /// `epoch.lua`, as it sets
    func setEpoch(_ new: Contents.Epoch, seen: Contents.Epoch?) -> Bool {
        guard epoch == seen else { return false }
        contents.epoch = new
        contents.epochServer = server
        return true
    }
}
