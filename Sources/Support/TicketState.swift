/// The life of a ticket. A value: the store reads the state, asks here, and writes the answer.
///
///               support replies                    closed
///     open ───────────────────────▶ answered ─────────────────▶ closed
///      ▲  ◀─────────────────────────   │                          ▲
///      │        requester replies                                 │
///      └──────────────────────── closed ──────────────────────────┘
///
/// | state | support replies | requester replies | automation replies | closed |
/// |---|---|---|---|---|
/// | open | answered, *first reply* stops | open | open | closed, *first reply* is cancelled, *resolution* stops |
/// | answered | answered | open | answered | closed, *resolution* stops |
/// | closed | refused | refused | refused | closed, nothing happens |
///
/// A requester who writes again makes the ticket open and does not start *first reply* again: it was answered once.
/// `closed` is final. Whoever has more to say opens another ticket, so that its clocks start when it was said.
enum TicketState: String, Sendable, Codable, CaseIterable {
    /// It is support's turn.
    case open
    /// It is the requester's turn.
    case answered
    case closed

    /// What happens to a ticket.
    enum Event: Sendable, Equatable {
        case replied(ReplyAuthor)
        case closed
    }

    /// What an event does to a ticket's clocks.
    enum ClockEffect: Sendable, Equatable {
        /// What the clock waited for has happened.
        case stop(SLAMetric)
        /// What the clock waited for can no longer happen.
        case cancel(SLAMetric)
    }

    /// What an event leads to.
    enum Transition: Sendable, Equatable {
        /// The ticket is in this state now (perhaps the same), and its clocks feel this. Clocks that do not run ignore it.
        case moved(TicketState, [ClockEffect])
        /// The event had happened before: nothing is to be written.
        case unchanged
        /// The event is not possible in this state.
        case refused
    }

    func transition(on event: Event) -> Transition {
        switch (self, event) {
        case (.open, .replied(.support)), (.answered, .replied(.support)): .moved(.answered, [.stop(.firstReply)])
        case (.open, .replied(.requester)), (.answered, .replied(.requester)): .moved(.open, [])
        case (.open, .replied(.automation)): .moved(.open, [])
        case (.answered, .replied(.automation)): .moved(.answered, [])
        case (.open, .closed), (.answered, .closed): .moved(.closed, [.cancel(.firstReply), .stop(.resolution)])
        case (.closed, .closed): .unchanged
        case (.closed, .replied): .refused
        }
    }
}
