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
            claimed.append(entry)
        }
        if !claimed.isEmpty, contents.group?.consumers.contains(owner) == false { contents.group?.consumers.append(owner) }
        guard pendingCount(of: dead) == 0 else { return (claimed, false) }
        remove(dead)
        return (claimed, true)
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

    /// The engine forgets with the start that did not come to its end also those that were somebody's end. Where deaths are
    /// counted, only the name of the worker that leaves goes.
    private func forgetStart(of job: Int, by worker: Int) {
        guard rules.countsDeadStarters else { return clearStarts(of: job) }
        if let index = contents.starts.firstIndex(where: { $0.job == job }) { contents.starts[index].workers.removeAll { $0 == worker } }
    }

    /// `XPENDING` of one consumer.
    func pending(of worker: Int) -> [Int] {
        ensureGroup()
        return contents.group?.pending.filter { $0.consumer == worker }.map(\.id) ?? []
    }

    /// `HINCRBY` of a job's starts alone, as the engine does it.
    ///
    /// Where the rules say so, a script that counts deaths: of those who began it, workers whose last beat is older than a
    /// lease; and begins nothing that is another's.
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
        guard rules.countsDeadStarters else { return contents.starts[index].count }
        return 1 + contents.starts[index].workers.count { $0 != worker && !isBeating($0) }
    }

    private func isBeating(_ worker: Int) -> Bool {
        contents.beats.contains { $0.worker == worker && now - $0.at <= SimulatedTime.lease }
    }

    /// `epoch.lua`
    func setEpoch(_ new: Contents.Epoch, seen: Contents.Epoch?) -> Bool {
        guard contents.epoch == seen else { return false }
        contents.epoch = new
        return true
    }
}
