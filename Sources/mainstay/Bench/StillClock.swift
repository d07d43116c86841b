/// A clock whose long sleeps end only by being cancelled: under it an engine lingers and backs off as always, but what it does
/// every so often, it does once. Counts then depend on the jobs alone, and not on how fast the machine is.
struct StillClock: Clock {
    typealias Instant = ContinuousClock.Instant
    typealias Duration = Swift.Duration

    /// Sleeps up to this are real: a linger and the first pauses of a retry, but no period of the upkeep.
    static let longest = Duration.milliseconds(300)

    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { ContinuousClock().minimumResolution }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        guard deadline - ContinuousClock.now > Self.longest else { return try await ContinuousClock().sleep(until: deadline, tolerance: tolerance) }
        // A day is longer than any run.
        while true { try await Task.sleep(for: .seconds(86_400)) }
    }
}
