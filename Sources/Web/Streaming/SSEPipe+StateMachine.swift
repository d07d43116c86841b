extension SSEPipe {
    /// The order of one stream's writes: producers offer, the writer takes one at a time, a pulse looks for silence and for
    /// a client that has stopped reading. Generic over what is written and who waits, so that tests use texts and numbers.
    ///
    ///     offered ──take──▶ in flight ──wroteFrame──▶ done
    struct StateMachine<Frame, Waiter> {
        private struct Offer {
            let id: UInt64
            let frame: Frame
            /// nil for a heartbeat and for a producer that was cancelled.
            var waiter: Waiter?
            let isHeartbeat: Bool
        }

        private var offers: [Offer] = []
        private var inFlight: Offer?
        private var taker: Waiter?
        /// No frame is offered any more.
        private(set) var hasEnded = false
        private var lastID: UInt64 = 0
        private var written: UInt64 = 0
        private var writtenAtLastPulse: UInt64 = 0
        private var pulsesInFlight = 0
        /// The stream's beginning or its end is being written, which is no frame.
        private var isFraming = false

        /// Something is being written, and waits for the client to read.
        var isWriting: Bool { inFlight != nil || isFraming }

        mutating func frames(_ begins: Bool) {
            isFraming = begins
            pulsesInFlight = 0
        }

        /// A name under which an offer can be withdrawn before and after it is made.
        mutating func makeID() -> UInt64 {
            lastID += 1
            return lastID
        }

        enum OfferAction {
            case wait
            case give(frame: Frame, to: Waiter)
            case refuse(Waiter)
        }

        mutating func offer(_ frame: Frame, id: UInt64, waiter: Waiter) -> OfferAction {
            if hasEnded { return .refuse(waiter) }
            let offer = Offer(id: id, frame: frame, waiter: waiter, isHeartbeat: false)
            guard let taker else {
                offers.append(offer)
                return .wait
            }
            self.taker = nil
            begin(offer)
            return .give(frame: frame, to: taker)
        }

        enum TakeAction {
            case give(frame: Frame, to: Waiter)
            case end(Waiter)
            case wait
        }

        mutating func take(waiter: Waiter) -> TakeAction {
            if !offers.isEmpty {
                let offer = offers.removeFirst()
                begin(offer)
                return .give(frame: offer.frame, to: waiter)
            }
            if hasEnded {
                frames(true)
                return .end(waiter)
            }
            taker = waiter
            return .wait
        }

        /// The frame in flight has been handed over; its producer goes on.
        mutating func wroteFrame() -> Waiter? {
            guard let offer = inFlight else { return nil }
            inFlight = nil
            // A heartbeat is no sign of life of the body: the next pulse is to send another.
            if !offer.isHeartbeat { written += 1 }
            return offer.waiter
        }

        /// A producer was cancelled: what it offered is not written, unless it is being written.
        mutating func withdraw(id: UInt64) -> Waiter? {
            if let index = offers.firstIndex(where: { $0.id == id }) { return offers.remove(at: index).waiter }
            guard inFlight?.id == id else { return nil }
            defer { inFlight?.waiter = nil }
            return inFlight?.waiter
        }

        /// The writer was cancelled while it waited.
        mutating func withdrawTaker() -> Waiter? {
            defer { taker = nil }
            return taker
        }

        /// No more frames: what was offered is still written.
        mutating func end() -> Waiter? {
            hasEnded = true
            defer { taker = nil }
            if taker != nil { frames(true) }
            return taker
        }

        enum PulseAction {
            case none
            case give(frame: Frame, to: Waiter)
            case stalled
        }

        /// Comes once an interval. Silence since the last one asks for a heartbeat; the same write in flight for
        /// `patience` intervals means that nobody reads.
        mutating func pulse(heartbeat: Frame, patience: Int) -> PulseAction {
            defer { writtenAtLastPulse = written }
            if isWriting {
                pulsesInFlight += 1
                return pulsesInFlight >= patience ? .stalled : .none
            }
            guard written == writtenAtLastPulse, !hasEnded, let taker else { return .none }
            self.taker = nil
            begin(Offer(id: makeID(), frame: heartbeat, waiter: nil, isHeartbeat: true))
            return .give(frame: heartbeat, to: taker)
        }

        private mutating func begin(_ offer: Offer) {
            inFlight = offer
            pulsesInFlight = 0
        }
    }
}
