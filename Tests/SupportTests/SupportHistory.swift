import Foundation

@testable import Support

/// One issue of a real support history: when it was opened and closed, and who commented when.
struct SupportHistory: Decodable, Sendable {
    struct Comment: Decodable, Sendable {
        let author: String
        let at: Date
    }

    let number: Int
    let title: String
    let author: String
    let openedAt: Date
    let closedAt: Date?
    let comments: [Comment]

    /// The histories of `MAINSTAY_DATA`, where it is given; otherwise a few of our own making.
    static func all(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> [SupportHistory] {
        guard let folder = environment["MAINSTAY_DATA"] else { return samples }
        let text = try String(contentsOf: URL(filePath: folder).appending(path: "tickets/elizaos-issues.ndjson"), encoding: .utf8)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .iso8601
        return try text.split(separator: "\n").map { try decoder.decode(SupportHistory.self, from: Data($0.utf8)) }
    }

    /// Hours after the opening, by support unless said otherwise.
    private static func sample(_ number: Int, closed: Double?, _ comments: (String, Double)...) -> SupportHistory {
        let opened = Date(timeIntervalSince1970: 1_735_689_600 + Double(number) * 3600)
        return SupportHistory(
            number: number, title: "Sample \(number): “größer” 🪙", author: "asker", openedAt: opened,
            closedAt: closed.map { opened.addingTimeInterval($0 * 3600) },
            comments: comments.map { Comment(author: $0.0, at: opened.addingTimeInterval($0.1 * 3600)) })
    }

    static let samples = [
        sample(1, closed: 30, ("helper", 5)),
        sample(2, closed: 400, ("helper", 30), ("asker", 31)),
        sample(3, closed: 10),
        sample(4, closed: 36, ("helper", 448)),
        sample(5, closed: nil),
        sample(6, closed: nil, ("bot:triage", 0.1), ("asker", 2)),
        sample(7, closed: 47, ("bot:triage", 0.1), ("asker", 2), ("helper", 24)),
    ]

    var events: [(event: TicketState.Event, at: Date)] {
        var events: [(TicketState.Event, Date)] = comments.map { comment in
            if comment.author == author { return (.replied(.requester), comment.at) }
            return (.replied(comment.author.hasPrefix("bot:") ? .automation : .support), comment.at)
        }
        if let closedAt { events.append((.closed, closedAt)) }
        // A comment of the same second was written before the closing that it announces.
        return events.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element)
    }

    /// What our rules make of it, looked at on `day`.
    func replayed(until day: Date) -> (state: TicketState, clocks: [SLAClock]) {
        var state = TicketState.open
        var clocks = SLAPolicy.standard.clocks(acceptedAt: openedAt)
        for (event, time) in events {
            guard case .moved(let next, let effects) = state.transition(on: event) else { continue }
            state = next
            for index in clocks.indices { clocks[index].apply(effects, at: time) }
        }
        for index in clocks.indices { clocks[index].expire(at: day) }
        return (state, clocks)
    }
}
