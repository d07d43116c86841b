import Synchronization

/// Events on their way from requests to the access log. Adding one takes a lock and no time; what is over the bound is counted and
/// lost, for no request waits for a log.
final class WatchQueue: Sendable {
    private struct State {
        var events: [WatchEvent] = []
        var lost = 0
    }

    /// Rings when there is something to take. One ring may stand for many events.
    let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let state = Mutex(State())
    private let bound: Int

    init(bound: Int = WatchBounds.events) {
        self.bound = bound
        let (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.rings = rings
        self.bell = bell
    }

    func add(_ event: WatchEvent) {
        state.withLock { state in
            if state.events.count < bound { state.events.append(event) } else { state.lost += 1 }
        }
        bell.yield()
    }

    /// What waits, in order, and how many were lost since somebody last asked.
    func take() -> (events: [WatchEvent], lost: Int) {
        state.withLock { state in
            defer { state = State() }
            return (state.events, state.lost)
        }
    }

    /// What could not be written, back to the front. What came meanwhile and has no place any more is lost.
    func putBack(_ events: [WatchEvent]) {
        state.withLock { state in
            let all = events + state.events
            state.events = Array(all.prefix(bound))
            state.lost += all.count - state.events.count
        }
    }
}
