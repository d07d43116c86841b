import Jobs

/// The fleet's overview for all who look at it: pages, event streams, autoscalers. However many they are, the stores are asked
/// about once a second.
actor OverviewFeed {
    private let lifetime: Duration
    private let read: @Sendable () async throws -> FleetOverview
    private var last: (overview: FleetOverview, at: ContinuousClock.Instant)?
    private var flight: Task<FleetOverview, any Error>?

    /// - Parameter lifetime: how long an overview is shown to others: a little under the second in which streams send it.
    init(lifetime: Duration = .milliseconds(900), read: @escaping @Sendable () async throws -> FleetOverview) {
        self.lifetime = lifetime
        self.read = read
    }

    /// Throws what the stores throw: what is not known is not shown as it was before.
    func overview() async throws -> FleetOverview {
        if let last, ContinuousClock.now - last.at < lifetime { return last.overview }
        if let flight { return try await flight.value }
        // Unstructured, because it belongs to all who ask meanwhile: one caller's leaving must not fail the others. The stores'
        // deadlines end it.
        let begun = Task { [read] in try await read() }
        flight = begun
        defer { flight = nil }
        let overview = try await begun.value
        last = (overview: overview, at: ContinuousClock.now)
        return overview
    }
}

/// What a worker has in its hands, by its own report, and which worker it is.
struct RunningNow: Sendable {
    let worker: String
    let host: String
    let running: FleetOverview.Running
}

extension FleetOverview {
    func queue(_ name: String) -> FleetOverview.Queue? { queues.first { $0.name == name } }

    /// Where a job runs. Batches do not say which jobs are theirs.
    func running(_ job: JobName) -> RunningNow? {
        for worker in workers {
            if let running = worker.running.first(where: { $0.job == job.id }) {
                return RunningNow(worker: worker.name, host: worker.host, running: running)
            }
        }
        return nil
    }
}
