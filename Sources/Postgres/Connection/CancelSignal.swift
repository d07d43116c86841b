import Synchronization

/// Carries the cancellation of one call to the connection's thread. A late one is harmless: the next call has its own.
final class CancelSignal: Sendable {
    private let raised = Atomic(false)
    private let interrupt: Interrupt

    init(interrupt: Interrupt) { self.interrupt = interrupt }

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// From any thread; never blocks.
    func raise() {
        raised.store(true, ordering: .releasing)
        interrupt.wake()
    }
}

/// Sends a cancel request from a thread of its own, because libpq's call blocks for as long as the network lets it.
final class Canceller: Sendable {
    /// Requests under way in the whole process. Beyond it none is sent: the connection is closed instead, and the server stops
    /// by itself when it next writes to it. 64 threads are what a network that swallows packets may cost.
    private static let underWay = Atomic(0)
    private static let maximumUnderWay = 64

    private let finished = Atomic(false)

    /// True once the server has taken note (or could not be reached); before that the cancel might still hit a later statement.
    var isFinished: Bool { finished.load(ordering: .acquiring) }

    /// `nil` when no request can be sent.
    init?(_ request: CancelRequest, interrupt: Interrupt) {
        guard Self.underWay.wrappingAdd(1, ordering: .relaxed).newValue <= Self.maximumUnderWay else {
            Self.underWay.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
        do {
            try DetachedThread.start {
                request.send()
                Self.underWay.wrappingSubtract(1, ordering: .relaxed)
                self.finished.store(true, ordering: .releasing)
                interrupt.wake()
            }
        } catch {
            Self.underWay.wrappingSubtract(1, ordering: .relaxed)
            return nil
        }
    }
}
