import NIOCore

/// The order of one exchange of lines as a value: what is read, worked on and written next.
///
///     body ──read──▶ waiting ──handle──▶ in flight ──answered──▶ answered ──write, in the lines' order──▶ gone
///                      at most a chunk       at most `inFlight` lines and `bytesInFlight` bytes
///
/// The body is read on only when no line waits, so a client that sends faster than its lines are dealt with, or that does not read
/// its answers, is slowed down by its own connection.
struct NDJSONExchange {
    struct Limits: Sendable, Equatable {
        /// Bytes of a line.
        var line: Int
        /// Lines that are worked on or wait for those before them.
        var inFlight = 500
        /// Bytes of these; a line that is larger goes alone.
        var bytesInFlight = 16 * 1024 * 1024
    }

    enum Action: Equatable {
        /// Read a chunk of the body.
        case read
        /// Find the answer to a line.
        case handle(NDJSONSplitter.Piece, slot: Int)
        /// Write answers.
        case write(ByteBuffer)
        /// All is written.
        case finish
    }

    private struct Slot {
        let size: Int
        var answer: ByteBuffer?
    }

    private let limits: Limits
    private var splitter: NDJSONSplitter
    private var waiting: ArraySlice<NDJSONSplitter.Piece> = []
    private var slots: [Int: Slot] = [:]
    /// Slots that were given out.
    private var begun = 0
    /// The first slot that is not written.
    private var unwritten = 0
    /// Slots in the write that is under way.
    private var writing = 0
    private var bytes = 0
    private var isReading = false
    private var isOpen = true
    private var isFinished = false
    private var quietPulses = 0

    init(limits: Limits) {
        self.limits = limits
        splitter = NDJSONSplitter(limit: limits.line)
    }

    /// Lines that were begun.
    var lines: Int { begun }

    /// What is to be done now. Called after every event.
    mutating func next() -> [Action] {
        var actions: [Action] = []
        while let piece = waiting.first, slots.count < limits.inFlight, slots.isEmpty || bytes + piece.size <= limits.bytesInFlight {
            waiting = waiting.dropFirst()
            slots[begun] = Slot(size: piece.size)
            bytes += piece.size
            actions.append(.handle(piece, slot: begun))
            begun += 1
        }
        if isOpen, !isReading, waiting.isEmpty {
            isReading = true
            actions.append(.read)
        }
        if writing == 0 {
            var buffer = ByteBuffer()
            while var answer = slots[unwritten + writing]?.answer {
                buffer.writeBuffer(&answer)
                writing += 1
            }
            if writing > 0 { actions.append(.write(buffer)) }
        }
        if !isOpen, waiting.isEmpty, slots.isEmpty, !isFinished {
            isFinished = true
            actions.append(.finish)
        }
        return actions
    }

    // MARK: Events

    mutating func received(_ chunk: ByteBuffer) {
        isReading = false
        quietPulses = 0
        guard isOpen else { return }
        var pieces: [NDJSONSplitter.Piece] = []
        splitter.feed(chunk.readableBytesView, into: &pieces)
        waiting += pieces
    }

    /// The body has come to its end.
    mutating func ended() {
        isReading = false
        guard isOpen else { return }
        isOpen = false
        var pieces: [NDJSONSplitter.Piece] = []
        splitter.end(into: &pieces)
        waiting += pieces
    }

    /// No more of the body is read. A line that has not come whole is no line: it is told why, in its place.
    mutating func stopped(_ problem: Problem) {
        isReading = false
        guard isOpen else { return }
        isOpen = false
        waiting.append(.unread(number: splitter.number, problem))
    }

    /// Nothing more is accepted: each line that waits is told why, and so is the first that was not read.
    mutating func refused(_ problem: Problem) {
        waiting = ArraySlice(waiting.map { NDJSONSplitter.Piece.unread(number: $0.number, problem) })
        stopped(problem)
    }

    mutating func answered(slot: Int, _ answer: ByteBuffer) {
        slots[slot]?.answer = answer
    }

    /// The answers of the last write have been handed to the connection.
    mutating func wrote() {
        for slot in unwritten..<(unwritten + writing) { bytes -= slots.removeValue(forKey: slot)?.size ?? 0 }
        unwritten += writing
        writing = 0
        quietPulses = 0
    }

    /// What a client does that has been quiet for too long.
    enum Quiet: Equatable {
        /// It does not read.
        case stalled
        /// It does not send, and nothing else is to be done.
        case silent
    }

    /// Comes now and then, `patience` times within the time that a client is given.
    mutating func pulse(patience: Int) -> Quiet? {
        guard writing > 0 || (isReading && isOpen && slots.isEmpty) else {
            quietPulses = 0
            return nil
        }
        quietPulses += 1
        guard quietPulses >= patience else { return nil }
        return writing > 0 ? .stalled : .silent
    }
}
