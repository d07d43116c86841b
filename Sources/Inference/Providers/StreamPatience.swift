import Synchronization

/// How long a provider may keep us waiting. The three waits are apart because their healthy values are: a queue in front of a model
/// may take half a minute, a model that has begun speaks within seconds.
package struct StreamTimeouts: Sendable, Equatable {
    /// From the request to the response's head. 30 s: longer than any healthy queue, shorter than a caller's own patience.
    package var headers: Duration
    /// From the head to the first token. Comments and empty pieces do not count. 120 s: reasoning models think before they speak.
    package var firstToken: Duration
    /// Between two reads after the first token. 60 s.
    package var idle: Duration
    /// From the finish or an error to the stream's end marker; when it passes, what is known is what counts. 5 s.
    package var settle: Duration

    package init(
        headers: Duration = .seconds(30), firstToken: Duration = .seconds(120), idle: Duration = .seconds(60), settle: Duration = .seconds(5)
    ) {
        self.headers = headers
        self.firstToken = firstToken
        self.idle = idle
        self.settle = settle
    }
}

/// Watches over the waits of one stream: the reader says what it is waiting for, ``expiry()`` returns when that took too long.
///
/// The time in which the reader is not waiting for the provider (its receiver holds it back) is not counted.
final class StreamPatience<C: Clock>: Sendable where C.Duration == Duration {
    enum Phase: String, Sendable {
        case firstToken = "first_token"
        case idle
        case settle
    }

    private struct State {
        var phase: Phase?
        var deadline: C.Instant?
        var expired: Phase?
    }

    private let clock: C
    private let timeouts: StreamTimeouts
    private let state = Mutex(State())

    init(clock: C, timeouts: StreamTimeouts) {
        self.clock = clock
        self.timeouts = timeouts
    }

    /// The wait that took too long, once ``expiry()`` has returned it.
    var expired: Phase? { state.withLock(\.expired) }

    /// The reader waits for the provider. A repeated wait for the first token goes on with the time that is left of it.
    func wait(_ phase: Phase) {
        let deadline = clock.now.advanced(by: duration(of: phase))
        state.withLock { state in
            if phase == .firstToken, state.phase == .firstToken, state.deadline != nil { return }
            // A provider that dribbles after its finish does not earn more time with each byte.
            if phase == .settle, state.phase == .settle, state.deadline != nil { return }
            state.phase = phase
            state.deadline = deadline
        }
    }

    /// The reader has got something and is busy with its receiver: the provider is not what is waited for.
    func pause() {
        state.withLock { $0.deadline = nil }
    }

    /// Returns the phase whose time has run out; nil when the task is cancelled first.
    func expiry() async -> Phase? {
        // The shortest wait bounds the sleep, so that a wait which begins during it is not noticed late by more than itself.
        let longestSleep = min(timeouts.firstToken, timeouts.idle, timeouts.settle)
        while !Task.isCancelled {
            let now = clock.now
            let (expired, deadline) = state.withLock { state -> (Phase?, C.Instant?) in
                if let deadline = state.deadline, let phase = state.phase, now >= deadline {
                    state.expired = phase
                    return (phase, nil)
                }
                return (nil, state.deadline)
            }
            if let expired { return expired }
            let sleep = min(longestSleep, deadline.map { now.duration(to: $0) } ?? longestSleep)
            do {
                try await clock.sleep(until: now.advanced(by: sleep), tolerance: nil)
            } catch {
                return nil
            }
        }
        return nil
    }

    private func duration(of phase: Phase) -> Duration {
        switch phase {
        case .firstToken: timeouts.firstToken
        case .idle: timeouts.idle
        case .settle: timeouts.settle
        }
    }
}
