import Foundation

/// What a promise measures. Two clocks and not one, because they end apart: issues are closed that nobody ever
/// answered, and answered that nobody ever closes.
enum SLAMetric: String, Sendable, Codable, CaseIterable {
    /// Until support first replies in person.
    case firstReply = "first_reply"
    /// Until the ticket is closed.
    case resolution
}

/// One promise about one ticket, and whether it was kept. Deadlines count around the clock from the moment when the
/// ingress accepted the ticket, however late its row was written. Exactly at the deadline is in time.
///
/// With a target of 24 hours, accepted on day 0 at 09:00:
///
/// | what happens, and when | state | stopped at | breached at |
/// |---|---|---|---|
/// | nothing yet, day 0 12:00 | running | | |
/// | reply, day 1 08:59 | met | day 1 08:59 | |
/// | reply, day 1 09:00 | met | day 1 09:00 | |
/// | escalation, day 1 09:00 | running | | |
/// | escalation, day 1 09:01 | breached | | day 1 09:00 |
/// | escalation, day 1 09:01, then reply, day 1 10:00 | breached | day 1 10:00 | day 1 09:00 |
/// | reply, day 1 09:01, before its escalation ran | breached | day 1 09:01 | day 1 09:00 |
/// | closed without a reply, day 0 15:00 | cancelled | day 0 15:00 | |
/// | closed without a reply, day 1 15:00, before its escalation ran | breached | | day 1 09:00 |
/// | reply, day 0 10:00, then a second one, day 3 09:00 | met | day 0 10:00 | |
struct SLAClock: Sendable, Equatable {
    enum State: String, Sendable, Codable, CaseIterable {
        case running
        case met
        case breached
        case cancelled
    }

    let metric: SLAMetric
    let startedAt: Date
    let dueAt: Date
    private(set) var state: State
    /// When what it waited for happened (or became impossible), in time or not.
    private(set) var stoppedAt: Date?
    /// The deadline, once it is known to have passed: a breach dates from the deadline and not from its discovery.
    private(set) var breachedAt: Date?

    init(metric: SLAMetric, startedAt: Date, dueAt: Date, state: State = .running, stoppedAt: Date? = nil, breachedAt: Date? = nil) {
        self.metric = metric
        self.startedAt = startedAt
        self.dueAt = dueAt
        self.state = state
        self.stoppedAt = stoppedAt
        self.breachedAt = breachedAt
    }

    /// What it waited for happened at `time`. Only the first time counts.
    mutating func stop(at time: Date) {
        switch state {
        case .running where time <= dueAt:
            state = .met
            stoppedAt = time
        case .running, .breached:
            state = .breached
            breachedAt = dueAt
            stoppedAt = stoppedAt ?? time
        case .met, .cancelled:
            break
        }
    }

    /// What it waited for became impossible at `time`. A deadline that had passed by then stays a breach.
    mutating func cancel(at time: Date) {
        guard state == .running else { return }
        if time <= dueAt {
            state = .cancelled
            stoppedAt = time
        } else {
            state = .breached
            breachedAt = dueAt
        }
    }

    /// The time is `time` and nothing has happened: breached if the deadline has passed. Returns whether this did it.
    @discardableResult
    mutating func expire(at time: Date) -> Bool {
        guard state == .running, time > dueAt else { return false }
        state = .breached
        breachedAt = dueAt
        return true
    }

    /// Applies what a ticket's transition asks of this clock, if it is meant.
    mutating func apply(_ effects: [TicketState.ClockEffect], at time: Date) {
        for effect in effects {
            switch effect {
            case .stop(metric): stop(at: time)
            case .cancel(metric): cancel(at: time)
            case .stop, .cancel: break
            }
        }
    }
}
