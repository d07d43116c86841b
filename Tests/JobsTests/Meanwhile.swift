/// A clock that does not wait: the test says what happens meanwhile.
struct Meanwhile: Clock {
    typealias Duration = Swift.Duration
    typealias Instant = ContinuousClock.Instant

    let act: @Sendable () async throws -> Void
    var now: Instant { .now }
    var minimumResolution: Swift.Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws { try await act() }
}
