import Foundation

/// What a workspace promises about a ticket: how long each metric may take. A promise that is not made has no target
/// and starts no clock.
///
/// | priority | rows of the workspace | first reply | resolution |
/// |---|---|---|---|
/// | normal | none | 24 h | 48 h |
/// | normal | any: 8 h, 24 h | 8 h | 24 h |
/// | urgent | any: 8 h, 24 h; urgent: 1 h, 4 h | 1 h | 4 h |
/// | low | any: 8 h, 24 h; low: 48 h, no resolution | 48 h | none |
/// | high | urgent: 1 h, 4 h | 24 h | 48 h |
struct SLAPolicy: Sendable, Equatable {
    /// Seconds; nil where this is not promised.
    let firstReply: Int?
    let resolution: Int?

    /// What holds where a workspace has said nothing: the council's own target for a first reply (24 hours), and twice
    /// that for a resolution.
    static let standard = SLAPolicy(firstReply: 24 * 3600, resolution: 48 * 3600)

    func target(for metric: SLAMetric) -> Int? {
        switch metric {
        case .firstReply: firstReply
        case .resolution: resolution
        }
    }

    /// When `metric` must have happened for a ticket that was accepted at `time`; nil where it is not promised.
    func deadline(for metric: SLAMetric, acceptedAt time: Date) -> Date? {
        target(for: metric).map { time.addingTimeInterval(TimeInterval($0)) }
    }

    /// The clocks that start when a ticket is accepted at `time`.
    func clocks(acceptedAt time: Date) -> [SLAClock] {
        SLAMetric.allCases.compactMap { metric in
            deadline(for: metric, acceptedAt: time).map { SLAClock(metric: metric, startedAt: time, dueAt: $0) }
        }
    }
}

/// The policies of one workspace. The most exact row wins: its priority's, then the one for any priority, then
/// `SLAPolicy.standard`.
struct SLAPolicyBook: Sendable, Equatable {
    /// One row of the workspace's own. Without a priority it is meant for any.
    struct Row: Sendable, Equatable {
        let priority: TicketPriority?
        let policy: SLAPolicy
    }

    /// Of a workspace that has said nothing.
    static let standard = SLAPolicyBook(rows: [])

    // Already fallen back: this is read once for every ticket of a batch.
    private let low: SLAPolicy
    private let normal: SLAPolicy
    private let high: SLAPolicy
    private let urgent: SLAPolicy

    init(rows: [Row]) {
        func policy(for priority: TicketPriority) -> SLAPolicy {
            (rows.first { $0.priority == priority } ?? rows.first { $0.priority == nil })?.policy ?? .standard
        }
        low = policy(for: .low)
        normal = policy(for: .normal)
        high = policy(for: .high)
        urgent = policy(for: .urgent)
    }

    subscript(priority: TicketPriority) -> SLAPolicy {
        switch priority {
        case .low: low
        case .normal: normal
        case .high: high
        case .urgent: urgent
        }
    }
}
