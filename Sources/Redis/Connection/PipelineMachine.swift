import NIOCore

/// What the pipeline must know of a request: one or more commands written together, whose replies go to one caller.
protocol PipelinedRequest {
    var commandCount: Int { get }
    var byteCount: Int { get }
    /// When its caller stops waiting.
    var deadline: NIODeadline { get }
    /// How long its caller was ready to wait when it began.
    var timeout: TimeAmount { get }
    /// Called once, just before the request is written. False if the caller has left: then it is not written at all.
    func claim() -> Bool
    /// Whether the caller has left before the request was claimed.
    var isAbandoned: Bool { get }
}

/// Which reply belongs to whom, what may be written, and who has waited too long. A value without I/O.
///
/// ```
///            linkUp                 notWritable
///   down ◀──────────▶ open ◀──────────────────────▶ blocked          any ── stop ──▶ stopped
///          linkDown          writable; linkDown: down
/// ```
///
/// A request waits until it may be written; from then on it holds a *slot*. The server answers in order, so the next reply belongs to
/// the first slot. A caller that leaves does not take its slot along: the reply still comes and must be dropped, or every later
/// caller would get its neighbour's.
///
/// What was never written survives the loss of a link and goes out on the next. What was written does not: nobody knows whether
/// the server did it, so it fails and is never sent again from here.
struct PipelineMachine<Request: PipelinedRequest>: ~Copyable {
    enum Phase: Equatable {
        /// No link; requests wait.
        case down
        case open
        /// The socket takes no more; requests wait, replies are still read.
        case blocked
        case stopped
    }

    private struct Slot {
        let request: Request
        var missingReplies: Int
        let writtenAt: NIODeadline
        /// The caller's deadline has passed; it has been told.
        var isExpired = false
    }

    private(set) var phase: Phase = .down
    private var waiting = CircularBuffer<Request>(initialCapacity: 64)
    private var slots = CircularBuffer<Slot>(initialCapacity: 64)
    /// Replies that the first slot has so far; empty for requests of one command.
    private var collected: [RedisValue] = []
    private var lastProgress: NIODeadline = .uptimeNanoseconds(0)
    /// The earliest moment at which ``timerDue(now:)`` may have something to say; nil while nothing waits.
    private(set) var wakeAt: NIODeadline?

    private let stallLimit: TimeAmount
    private let isLeavingFatal: Bool
    private let compactionBound: Int

    /// `stallLimit`: how long the link may say nothing while a reply is due. `isLeavingFatal`: the link is a blocking one, on which a
    /// caller that leaves cannot leave its slot behind. `limit`: requests that may wait; those of callers that have left are swept out above twice as many.
    init(stallLimit: TimeAmount, isLeavingFatal: Bool, limit: Int) {
        self.stallLimit = stallLimit
        self.isLeavingFatal = isLeavingFatal
        self.compactionBound = max(64, limit * 2)
    }

    var waitingCount: Int { waiting.count }
    var slotCount: Int { slots.count }

    /// The request whose reply comes next.
    var first: Request? { slots.first?.request }

    // MARK: Events

    enum EnqueueAction: Equatable {
        case none
        /// The pipeline has stopped; the requests fail.
        case refuse
    }

    mutating func enqueued(_ requests: [Request]) -> EnqueueAction {
        guard phase != .stopped else { return .refuse }
        for request in requests {
            waiting.append(request)
            wakeAt = min(wakeAt ?? request.deadline, request.deadline)
        }
        if waiting.count > compactionBound { waiting.removeAll { $0.isAbandoned } }
        return .none
    }

    /// Takes what is to be written next, in order, until it has `byteLimit` bytes or more. Each request taken has a slot. Empty when
    /// nothing may be written now.
    mutating func takeWritable(byteLimit: Int, now: NIODeadline) -> [Request] {
        guard phase == .open, !waiting.isEmpty else { return [] }
        if slots.isEmpty { lastProgress = now }
        var batch: [Request] = []
        batch.reserveCapacity(waiting.count)
        var bytes = 0
        while bytes < byteLimit, let request = waiting.popFirst() {
            guard request.claim() else { continue }
            bytes += request.byteCount
            slots.append(Slot(request: request, missingReplies: request.commandCount, writtenAt: now))
            batch.append(request)
        }
        return batch
    }

    enum ReplyAction {
        /// The request has more replies to come.
        case none
        case answerOne(Request, RedisValue)
        case answerMany(Request, [RedisValue])
        /// A reply without a request: the stream is out of step and the link must be closed.
        case breakLink
    }

    mutating func replied(_ reply: RedisValue) -> ReplyAction {
        guard !slots.isEmpty else { return .breakLink }
        let index = slots.startIndex
        if slots[index].request.commandCount == 1 {
            return .answerOne(slots.removeFirst().request, reply)
        }
        if collected.isEmpty { collected.reserveCapacity(slots[index].request.commandCount) }
        collected.append(reply)
        slots[index].missingReplies -= 1
        guard slots[index].missingReplies == 0 else { return .none }
        let replies = collected
        collected = []
        return .answerMany(slots.removeFirst().request, replies)
    }

    /// Bytes came in.
    mutating func progressed(now: NIODeadline) {
        lastProgress = now
    }

    mutating func linkUp(isWritable: Bool) {
        guard phase == .down else { return }
        phase = isWritable ? .open : .blocked
    }

    /// The link is gone. Returns the requests in flight, whose fate is unknown.
    mutating func linkDown() -> [Request] {
        guard phase == .open || phase == .blocked else { return [] }
        phase = .down
        return takeSlots()
    }

    mutating func writabilityChanged(isWritable: Bool) {
        guard phase == .open || phase == .blocked else { return }
        phase = isWritable ? .open : .blocked
    }

    struct TimerAction {
        /// Requests whose callers have waited long enough.
        var expired: [Request] = []
        /// The first slot has had no sign of life for too long, or a caller has left a blocking link.
        var isLinkBroken = false
    }

    mutating func timerDue(now: NIODeadline) -> TimerAction {
        var action = TimerAction()
        for request in waiting where request.deadline <= now { action.expired.append(request) }
        if !action.expired.isEmpty { waiting.removeAll { $0.deadline <= now } }
        let inWaiting = action.expired.count
        for index in slots.indices where !slots[index].isExpired && slots[index].request.deadline <= now {
            slots[index].isExpired = true
            action.expired.append(slots[index].request)
        }
        let isLeft = isLeavingFatal && action.expired.count > inWaiting
        action.isLinkBroken = isLeft || slots.first.map { stallsAt($0) <= now } ?? false
        wakeAt = nextWake()
        return action
    }

    /// Takes back what waits: whoever sent it goes elsewhere. What is in flight stays.
    mutating func withdraw() -> [Request] {
        defer { waiting.removeAll() }
        return Array(waiting)
    }

    /// Ends the pipeline. Returns what waits and what is in flight.
    mutating func stop() -> (unsent: [Request], inFlight: [Request]) {
        guard phase != .stopped else { return ([], []) }
        phase = .stopped
        let unsent = Array(waiting)
        waiting.removeAll()
        return (unsent, takeSlots())
    }

    // MARK: Parts

    private mutating func takeSlots() -> [Request] {
        let requests = slots.map(\.request)
        slots.removeAll(keepingCapacity: true)
        collected = []
        return requests
    }

    /// A slow server that answers is not a broken link: only silence counts, from the last byte or from the writing of this slot. A
    /// request that was given longer than the ordinary timeout gives the link longer too.
    private func stallsAt(_ slot: Slot) -> NIODeadline {
        max(slot.writtenAt, lastProgress) + max(stallLimit, slot.request.timeout)
    }

    /// Stalls of all slots are looked at, not only of the first: when a patient first slot is answered, a less patient one
    /// takes its place without an event of its own.
    private func nextWake() -> NIODeadline? {
        var earliest: NIODeadline?
        func consider(_ instant: NIODeadline) {
            earliest = min(earliest ?? instant, instant)
        }
        for request in waiting { consider(request.deadline) }
        for slot in slots {
            if !slot.isExpired { consider(slot.request.deadline) }
            consider(stallsAt(slot))
        }
        return earliest
    }
}
