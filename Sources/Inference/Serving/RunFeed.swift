/// What one client of a run gets next. A value: the shell reports what was announced or read, and asks for the next step.
///
/// ```
///            announced, the next in line               announced, a gap or no room;
///          ┌──────────────────────────┐                connection lost
///          ▼                          │         ┌──────────────────────────────────┐
///        live ────────────────────────┘         │                                  ▼
///          ▲───────────────────────────────────────────────────────────────── behind ◀─┐ read a full page, or
///                 read to the end, and what was announced meanwhile follows            └─┘ a gap after it
/// ```
///
/// The stream in Redis is the truth and announcements are only a faster way to it: whatever is announced was appended before. So a
/// reader that is behind reads, and what is announced meanwhile is kept (within the bound) to be put behind what was read. Ids are
/// dense within an epoch, so a missing announcement shows itself; nothing is delivered twice or out of order.
///
/// Memory: at most ``Limits/buffered`` events wait for the client and as many for a read; beyond that they are forgotten and read.
struct RunFeed: Equatable {
    struct Limits: Equatable {
        /// Events that may wait for a slow client.
        var buffered = 256
        /// Events of one read.
        var page = 512
    }

    enum Step: Equatable {
        /// Hand these to the client, in order.
        case deliver([RunLogEntry])
        /// Events between the two ids are gone: they were trimmed or lost. Say so, then go on.
        case gap(after: RunEventID?, next: RunEventID)
        /// Read the stream after this id, at most so many, and report what came.
        case read(after: RunEventID?, count: Int)
        /// Nothing to do until something is reported.
        case wait
    }

    private enum Mode: Equatable { case live, behind }

    private let limits: Limits
    private var mode = Mode.behind
    private var isReading = false
    /// The connection was lost while a read was under way: what it returns may be older than what was missed meanwhile.
    private var isReadStale = false
    /// The last event that was taken into `ready` or delivered.
    private var tail: RunEventID?
    private var ready: [RunLogEntry] = []
    /// Announced while behind; what follows `tail` after the read.
    private var announced: [RunLogEntry] = []
    private var announcedOverflow = false
    private var pendingGap: (after: RunEventID?, next: RunEventID)?
    private var hasListened = false

    /// - Parameter after: The last event that the client has.
    init(after: RunEventID?, limits: Limits = Limits()) {
        tail = after
        self.limits = limits
    }

    static func == (left: RunFeed, right: RunFeed) -> Bool {
        left.mode == right.mode && left.isReading == right.isReading && left.tail == right.tail && left.ready == right.ready
            && left.announced == right.announced && left.hasListened == right.hasListened
    }

    /// Announcements arrive from now on (also again, after a connection was lost): what came before has to be read.
    mutating func listening() {
        hasListened = true
        isReadStale = isReading
        mode = .behind
    }

    /// Events were announced.
    mutating func announced(_ entries: [RunLogEntry]) {
        for entry in entries {
            if let tail, entry.id <= tail { continue }
            switch mode {
            case .live:
                if entry.id.follows(tail), ready.count < limits.buffered {
                    take(entry)
                } else {
                    mode = .behind
                    keep(entry)
                }
            case .behind:
                keep(entry)
            }
        }
    }

    /// A read that ``next()`` asked for came back.
    mutating func readReturned(_ entries: [RunLogEntry]) {
        isReading = false
        for entry in timed(entries) where tail.map({ entry.id > $0 }) ?? true {
            // Across epochs nothing tells whether something lies between; an epoch's log begins at 1.
            if pendingGap == nil, ready.isEmpty, !entry.id.follows(tail), entry.id.number != 1 { pendingGap = (tail, entry.id) }
            take(entry)
        }
        guard !isReadStale else {
            isReadStale = false
            return
        }
        guard entries.count < limits.page, !announcedOverflow else {
            // There is more than fitted: the next read brings it, and what was announced is in it.
            announced = []
            announcedOverflow = false
            return
        }
        let waiting = announced
        announced = []
        mode = .live
        self.announced(waiting)
        // The stream was read to its end and does not have what was announced before this: it is lost, so go on behind it.
        if mode == .behind, let first = announced.first, ready.isEmpty, entries.isEmpty {
            announced = []
            if first.id.number != 1 { pendingGap = (tail, first.id) }
            take(first)
        }
    }

    /// A read failed; it is asked for again.
    mutating func readFailed() {
        isReading = false
    }

    /// What to do now.
    mutating func next() -> Step {
        if let gap = pendingGap {
            pendingGap = nil
            return .gap(after: gap.after, next: gap.next)
        }
        if !ready.isEmpty {
            defer { ready = [] }
            return .deliver(ready)
        }
        guard mode == .behind, hasListened, !isReading else { return .wait }
        isReading = true
        return .read(after: tail, count: limits.page)
    }

    /// What was read, with the times that announcements of the same events brought meanwhile: the log keeps none. Both are in order.
    private func timed(_ entries: [RunLogEntry]) -> [RunLogEntry] {
        guard let first = announced.first, let last = entries.last, last.id >= first.id else { return entries }
        var entries = entries
        var index = entries.startIndex
        for known in announced {
            while index < entries.endIndex, entries[index].id < known.id { index += 1 }
            guard index < entries.endIndex else { break }
            if entries[index].id == known.id { entries[index].receivedAt = known.receivedAt }
        }
        return entries
    }

    private mutating func take(_ entry: RunLogEntry) {
        ready.append(entry)
        tail = entry.id
    }

    private mutating func keep(_ entry: RunLogEntry) {
        guard announced.count < limits.buffered else {
            announced = []
            announcedOverflow = true
            return
        }
        if !announcedOverflow { announced.append(entry) }
    }
}
