import Synchronization

/// Finds answers that hold for a moment: a small cache, then one look-up for all who ask at once.
package final class LookUps<Question: Hashable & Sendable, Answer: Sendable, C: Clock>: Sendable where C.Duration == Duration {
    private typealias Flight = Task<Answer, any Error>

    private let lookUp: @Sendable (Question) async throws -> Answer
    private let clock: C
    private let cache: Mutex<LookUpCache<Question, Answer, C.Instant, Flight>>

    /// - Parameters:
    ///   - lookUp: has a deadline of its own, which ends a look-up whoever has left.
    ///   - lifetime: how long an answer is believed: half a second, so that what was revoked is refused within one.
    ///   - capacity: answers that are kept; the one that was asked for longest ago goes for a new one.
    package init(
        lookUp: @escaping @Sendable (Question) async throws -> Answer, clock: C, lifetime: Duration = .milliseconds(500), capacity: Int = 4096
    ) {
        self.lookUp = lookUp
        self.clock = clock
        cache = Mutex(LookUpCache(lifetime: lifetime, capacity: capacity))
    }

    package func answer(to question: Question) async throws -> Answer {
        let now = clock.now
        let finding = cache.withLock { cache in
            let finding = cache.find(question, at: now)
            guard case .lookUp = finding else { return finding }
            // Unstructured, because it belongs to all who ask meanwhile: one caller's leaving must not fail the others.
            // The store's deadline ends it.
            let flight = Flight { try await self.fly(question, since: now) }
            cache.began(flight, for: question, at: now)
            return .join(flight)
        }
        switch finding {
        case .known(let answer): return answer
        case .join(let flight): return try await flight.value
        case .lookUp: preconditionFailure("answered above")
        }
    }

    /// The answer where it is known this moment, without a look-up.
    package func known(_ question: Question) -> Answer? {
        let now = clock.now
        return cache.withLock { cache in
            if case .known(let answer) = cache.find(question, at: now) { answer } else { nil }
        }
    }

    /// What this process has changed itself: it is looked up again.
    package func forget(_ question: Question) {
        cache.withLock { $0.forget(question, at: clock.now) }
    }

    private func fly(_ question: Question, since: C.Instant) async throws -> Answer {
        do {
            let answer = try await lookUp(question)
            cache.withLock { $0.ended(question, since: since, answer: answer) }
            return answer
        } catch {
            cache.withLock { $0.ended(question, since: since, answer: nil) }
            throw error
        }
    }
}
