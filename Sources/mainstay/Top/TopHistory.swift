import Jobs

/// The rates of each queue at the last looks, for its sparkline.
struct TopHistory: Sendable, Equatable {
    /// The newest last.
    private(set) var rates: [String: [Double?]] = [:]

    mutating func add(_ overview: FleetOverview) {
        for queue in overview.queues {
            rates[queue.name] = Array(((rates[queue.name] ?? []) + [queue.perSecond]).suffix(TopFrame.looks))
        }
    }
}
