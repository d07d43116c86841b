/// When a pool reads, runs, waits for more, and ends. A value; `Pool` performs its actions.
///
///     reading ──(entries)──▶ hold or run ──▶ reading while there is room ──▶ … ──▶ drained
///
/// Room is counted in units: a batch queue has a few batches of up to `batch` entries, a queue of long runs has many
/// places for one. Reading, running and acknowledging overlap because a read is begun whenever a unit is free.
///
/// A short read while other batches are under way is held for a moment (linger) and topped up: under load that makes
/// batches full, and an idle pool never waits: when the last batch ends during a linger, what is held goes at once.
///
/// A batch of slow jobs is kept small (`Pace`): whoever comes next, or wants one of them cancelled, waits for its end.
struct PoolMachine: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        /// Read up to `count` entries, blocking.
        case read(count: Int)
        /// Wait the linger, then read up to `count` more without blocking.
        case topUp(count: Int)
        /// Run all entries that are held.
        case run
        /// Nothing is read or run any more.
        case stop
    }

    /// Entries in one unit at the most.
    let batch: Int
    /// Entries in one unit now.
    private(set) var most: Int
    /// Units at once.
    let units: Int
    private(set) var busy = 0
    private(set) var held = 0
    private(set) var isReading = false
    /// The read under way is a top-up.
    private(set) var isLingering = false
    private(set) var isDraining = false
    private(set) var isStopped = false

    /// - Parameter first: entries in a unit until it is known how long they take.
    init(batch: Int, units: Int, first: Int? = nil) {
        precondition(batch > 0 && units > 0, "a pool has room for at least one job")
        self.batch = batch
        self.most = min(batch, first ?? batch)
        self.units = units
    }

    mutating func started() -> [Action] { next() }

    /// A read or top-up returned `count` entries.
    mutating func readReturned(count: Int, isTopUp: Bool) -> [Action] {
        isReading = false
        isLingering = false
        held += count
        guard held > 0 else { return next() }
        if batch > 1, !isTopUp, held < most / 2, busy > 0, busy < units, !isDraining {
            isReading = true
            isLingering = true
            return [.topUp(count: most - held)]
        }
        // Long runs take a unit each; a batch takes one.
        busy += batch > 1 ? 1 : held
        held = 0
        return [.run] + next()
    }

    /// A read failed; the shell has waited as long as it should.
    mutating func readFailed() -> [Action] {
        isReading = false
        return next()
    }

    /// A batch, or one run, ended.
    /// - Parameter most: entries that a batch should have from now on.
    mutating func unitEnded(most: Int? = nil) -> [Action] {
        if let most { self.most = min(batch, max(1, most)) }
        busy -= 1
        guard isLingering, busy == 0, held > 0 else { return next() }
        busy = 1
        held = 0
        return [.run]
    }

    mutating func drainRequested() -> [Action] {
        isDraining = true
        return next()
    }

    private mutating func next() -> [Action] {
        guard !isStopped else { return [] }
        if isDraining {
            guard busy == 0, !isReading else { return [] }
            isStopped = true
            return [.stop]
        }
        guard !isReading, busy < units else { return [] }
        isReading = true
        return [.read(count: batch > 1 ? most : units - busy)]
    }
}
