import Synchronization

/// Finds what external identities are in workspaces: a small cache, then one look-up for all who ask at once.
final class ExternalPlaces<C: Clock>: Sendable where C.Duration == Duration {
    private typealias Flight = Task<ExternalPlace, any Error>

    private let lookUp: @Sendable (ExternalQuestion) async throws -> ExternalPlace
    private let clock: C
    private let cache: Mutex<ExternalPlaceCache<C.Instant, Flight>>

    /// - Parameters:
    ///   - lifetime: how long a place is believed, as a token's verdict is.
    ///   - capacity: places that are kept; the oldest goes for a new one.
    init(
        lookUp: @escaping @Sendable (ExternalQuestion) async throws -> ExternalPlace, clock: C, lifetime: Duration = .milliseconds(500),
        capacity: Int = 4096
    ) {
        self.lookUp = lookUp
        self.clock = clock
        cache = Mutex(ExternalPlaceCache(lifetime: lifetime, capacity: capacity))
    }

    func place(_ question: ExternalQuestion) async throws -> ExternalPlace {
        let now = clock.now
        let answer = cache.withLock { cache in
            let answer = cache.find(question, at: now)
            guard case .lookUp = answer else { return answer }
            // Unstructured, because it belongs to all who ask meanwhile: one caller's leaving must not fail the others.
            // The store's deadline ends it.
            let flight = Flight { try await self.fly(question, since: now) }
            cache.began(flight, for: question, at: now)
            return .join(flight)
        }
        switch answer {
        case .known(let place): return place
        case .join(let flight): return try await flight.value
        case .lookUp: preconditionFailure("answered above")
        }
    }

    private func fly(_ question: ExternalQuestion, since: C.Instant) async throws -> ExternalPlace {
        do {
            let place = try await lookUp(question)
            cache.withLock { $0.ended(question, since: since, place: place) }
            return place
        } catch {
            cache.withLock { $0.ended(question, since: since, place: nil) }
            throw error
        }
    }
}
