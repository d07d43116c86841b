/// When a pool reads, runs, waits for more, and ends. A value; `Pool` performs its actions.
///
///     reading ──(entries)──▶ hold or run ──▶ reading while there is room ──▶ … ──▶ drained
///        │                     ▲      │
///        │ flooded, no room    │      └──(ready entries beside bulk ones)──▶ a batch of their own, in the express place if it is free
///        └──▶ reading express ─┘
///
/// Room is counted in units: a batch queue has a few batches of up to `batch` entries, a queue of long runs has many
/// places for one. Reading, running and acknowledging overlap because a read is begun whenever a unit is free.
///
/// A short read while other batches are under way is held for a moment (linger) and topped up: under load that makes
/// batches full, and an idle pool never waits: when the last batch ends during a linger, what is held goes at once.
///
/// A batch of slow jobs is kept small (`Pace`): whoever comes next, or wants one of them cancelled, waits for its end.
///
/// A flood, which is entries in bulk lanes, would make those who hold few wait twice: for a unit, and then for hundreds of jobs in
/// the same transaction. So what comes from ready lanes beside more of it goes apart and first, and one batch of it may run beside the
/// units, in the express place. While all units are busy these lanes alone are read for it. Bulk entries never get that place, and as every
/// read for a unit asks for them and they have the next unit that is free, they are not starved. Without a flood there is no such read,
/// and that place is for what would wait for a unit. Queues of long runs have neither: their places are many, and each ends by itself.
struct PoolMachine: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        /// Read up to `count` entries, blocking.
        case read(count: Int)
        /// Wait the linger, then read up to `count` more without blocking.
        case topUp(count: Int)
        /// Read up to `count` entries of the ready lanes alone, blocking for a short time, whatever else is read meanwhile.
        case readExpress(count: Int)
        /// Run all entries that are held, after those that `runReady` took.
        case run
        /// Run the ready entries that are held as one batch, in the express place or in a unit.
        case runReady(isExpress: Bool)
        /// Nothing is read or run any more.
        case stop
    }

    /// Entries in one unit at the most; some more where two reads return before there is a place.
    let batch: Int
    /// Entries in one unit now.
    private(set) var most: Int
    /// Units at once.
    let units: Int
    private(set) var busy = 0
    /// Entries of ready lanes that are not begun; in a pool of long runs those of all lanes.
    private(set) var ready = 0
    /// Entries of bulk lanes that are not begun.
    private(set) var bulk = 0
    private(set) var isReading = false
    /// The read under way is a top-up.
    private(set) var isLingering = false
    /// Bulk lanes held something when they were last read.
    private(set) var isFlooded = false
    private(set) var isReadingExpress = false
    /// A batch is in the express place.
    private(set) var isExpressBusy = false
    private(set) var isDraining = false
    private(set) var isStopped = false

    var held: Int { ready + bulk }

    /// - Parameter first: entries in a unit until it is known how long they take.
    init(batch: Int, units: Int, first: Int? = nil) {
        precondition(batch > 0 && units > 0, "a pool has room for at least one job")
        self.batch = batch
        self.most = min(batch, first ?? batch)
        self.units = units
    }

    mutating func started() -> [Action] { next() }

    /// A read or top-up returned.
    /// - Parameters:
    ///   - ready: entries of ready lanes; of all lanes in a pool of long runs, where nothing is told apart.
    ///   - bulk: entries of bulk lanes.
    ///   - isFlooded: whether bulk lanes hold something, as far as is known.
    mutating func readReturned(ready: Int, bulk: Int = 0, isTopUp: Bool, isFlooded: Bool = false) -> [Action] {
        isReading = false
        isLingering = false
        self.ready += ready
        self.bulk += bulk
        self.isFlooded = isFlooded
        let apart = beginApart()
        if batch > 1, !isTopUp, held > 0, held < most / 2, busy > 0, busy < units, !isDraining {
            isReading = true
            isLingering = true
            return apart + [.topUp(count: most - held)]
        }
        return apart + begin() + next()
    }

    /// A read failed; the shell has waited as long as it should.
    mutating func readFailed() -> [Action] {
        isReading = false
        return next()
    }

    /// An express read returned `count` entries.
    mutating func expressReturned(count: Int) -> [Action] {
        isReadingExpress = false
        ready += count
        return begin() + next()
    }

    /// An express read failed; it has waited as long as it should.
    mutating func expressFailed() -> [Action] {
        isReadingExpress = false
        return next()
    }

    /// A batch, or one run, ended.
    /// - Parameters:
    ///   - isExpress: it was in the express place.
    ///   - most: entries that a batch should have from now on.
    mutating func unitEnded(isExpress: Bool = false, most: Int? = nil) -> [Action] {
        if let most { self.most = min(batch, max(1, most)) }
        if isExpress { isExpressBusy = false } else { busy -= 1 }
        return begin() + next()
    }

    mutating func drainRequested() -> [Action] {
        isDraining = true
        return next()
    }

    /// Begins what is held and has a place.
    private mutating func begin() -> [Action] {
        let apart = beginApart()
        let waitsForCompany = isLingering && busy > 0 && held < most
        guard held > 0, !waitsForCompany, busy < units else { return apart }
        // Long runs take a unit each; a batch takes one.
        busy += batch > 1 ? 1 : held
        (ready, bulk) = (0, 0)
        return apart + [.run]
    }

    /// Begins the ready entries by themselves where they would wait for a unit, for company, or for more jobs than they are, or where both
    /// are too many for one batch, in the first place that there is.
    private mutating func beginApart() -> [Action] {
        let waits = busy == units || bulk > ready || bulk > 0 && held > most || isFlooded && (bulk == 0 || held < most / 2)
        guard batch > 1, ready > 0, waits, !isExpressBusy || busy < units else { return [] }
        let isExpress = !isExpressBusy
        if isExpress { isExpressBusy = true } else { busy += 1 }
        ready = 0
        return [.runReady(isExpress: isExpress)]
    }

    private mutating func next() -> [Action] {
        guard !isStopped else { return [] }
        if isDraining {
            guard busy == 0, held == 0, !isExpressBusy, !isReading, !isReadingExpress else { return [] }
            isStopped = true
            return [.stop]
        }
        if !isReading, busy < units {
            isReading = true
            return [.read(count: batch > 1 ? most : units - busy)]
        }
        guard batch > 1, isFlooded, busy == units, ready == 0, !isExpressBusy, !isReadingExpress else { return [] }
        isReadingExpress = true
        return [.readExpress(count: most)]
    }
}
