import Testing

@testable import Support

@Suite("A ticket's states")
struct TicketTests {
    static let events: [TicketState.Event] = ReplyAuthor.allCases.map { .replied($0) } + [.closed]

    /// The table above `TicketState`, row by row.
    static let table: [(TicketState, TicketState.Event, TicketState.Transition)] = [
        (.open, .replied(.support), .moved(.answered, [.stop(.firstReply)])),
        (.open, .replied(.requester), .moved(.open, [])),
        (.open, .replied(.automation), .moved(.open, [])),
        (.open, .closed, .moved(.closed, [.cancel(.firstReply), .stop(.resolution)])),
        (.answered, .replied(.support), .moved(.answered, [.stop(.firstReply)])),
        (.answered, .replied(.requester), .moved(.open, [])),
        (.answered, .replied(.automation), .moved(.answered, [])),
        (.answered, .closed, .moved(.closed, [.cancel(.firstReply), .stop(.resolution)])),
        (.closed, .replied(.support), .refused),
        (.closed, .replied(.requester), .refused),
        (.closed, .replied(.automation), .refused),
        (.closed, .closed, .unchanged),
    ]

    @Test("Every state answers every event as the table says", arguments: table)
    func transition(state: TicketState, event: TicketState.Event, expected: TicketState.Transition) {
        #expect(state.transition(on: event) == expected)
    }

    @Test("The table holds every state and every event once")
    func tableIsComplete() {
        #expect(Self.table.count == TicketState.allCases.count * Self.events.count)
        for state in TicketState.allCases {
            for event in Self.events { #expect(Self.table.filter { $0.0 == state && $0.1 == event }.count == 1, "\(state), \(event)") }
        }
    }

    @Test("Only support's words stop the first-reply clock, and only closing stops the resolution clock")
    func whoStopsWhat() {
        for state in TicketState.allCases {
            for event in Self.events {
                guard case .moved(_, let effects) = state.transition(on: event) else { continue }
                #expect(effects.contains(.stop(.firstReply)) == (event == .replied(.support)), "\(state), \(event)")
                #expect(effects.contains(.stop(.resolution)) == (event == .closed), "\(state), \(event)")
            }
        }
    }

    @Test("The migration program's codes 6000 to 6007 have a category each")
    func programCodes() {
        #expect(TicketCategory.allCases.compactMap(\.programCode).sorted() == Array(6000...6007))
    }

    @Test(
        "A category is read by its name or by its on-chain code",
        arguments: [
            ("bug", TicketCategory.bug), ("6004", .migrationOverMaxLimit), ("migration_over_max_limit", .migrationOverMaxLimit),
            ("6000", .migrationInsufficientBalance), ("6007", .migrationInvalidRate), ("feature_request", .featureRequest),
            ("6008", nil), ("5999", nil), ("Bug", nil), ("", nil),
        ] as [(String, TicketCategory?)])
    func categories(text: String, expected: TicketCategory?) {
        #expect(TicketCategory(wire: text) == expected)
    }
}
