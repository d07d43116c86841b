import Foundation
import Jobs
import Web
import Workspaces

/// The words of a filter, as a query, a form or a body gives them. An empty word is none: forms send what nobody filled in.
struct FilterWords: Sendable {
    static let jobs = ["workspace", "kind", "state", "since", "until"]
    static let letters = ["kind", "code", "queue", "workspace", "since", "until", "text", "state"]

    /// In the order of their names in the list.
    let pairs: [(name: String, value: String?)]

    init(_ names: [String], _ word: (String) -> String?) {
        pairs = names.map { name in
            let text = word(name)?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            return (name: name, value: text.isEmpty ? nil : text)
        }
    }

    subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// A page's address with these words in its query.
    func address(_ path: String, cursor: String? = nil) -> String {
        var values = pairs
        values.append((name: "cursor", value: cursor))
        return PageAddress.query(path, values)
    }

    var isEmpty: Bool { pairs.allSatisfy { $0.value == nil } }

    /// - Throws: a 400 problem that lists the words.
    func word<T: RawRepresentable & CaseIterable>(_ name: String, as type: T.Type) throws -> T? where T.RawValue == String {
        try self[name].map { try Query.word($0, of: name) }
    }

    /// - Throws: a 400 problem.
    func moment(_ name: String, now: Date) throws -> Date? {
        guard let text = self[name] else { return nil }
        guard let date = Moment.date(text, now: now) else {
            throw Query.fault(name, "Send a time such as `2026-01-31T08:30:00Z`, or how long ago it was: `15m`, `2h`, `3d`.")
        }
        return date
    }
}

/// Filters from their words.
struct FilterReader: Sendable {
    let workspaces: WorkspaceStore
    var now: @Sendable () -> Date = { Date() }

    /// - Throws: a 400 problem for a word that cannot be read.
    func jobs(_ words: FilterWords) async throws -> JobFilter {
        let moment = now()
        var filter = JobFilter()
        filter.kind = words["kind"]
        filter.state = try words.word("state", as: JobFilter.State.self)
        filter.since = try words.moment("since", now: moment)
        filter.until = try words.moment("until", now: moment)
        filter.workspace = try await workspace(words["workspace"])
        return filter
    }

    /// - Throws: a 400 problem for a word that cannot be read.
    func letters(_ words: FilterWords) async throws -> DeadLetterFilter {
        let moment = now()
        var filter = DeadLetterFilter()
        filter.kind = words["kind"]
        filter.code = words["code"]
        filter.queue = words["queue"]
        filter.text = words["text"]
        filter.since = try words.moment("since", now: moment)
        filter.until = try words.moment("until", now: moment)
        switch try words.word("state", as: LetterStates.self) {
        case nil, .open?: filter.states = [.open]
        case .replayed?: filter.states = [.replayed]
        case .discarded?: filter.states = [.discarded]
        case .all?: filter.states = Set(DeadLetterState.allCases)
        }
        filter.workspace = try await workspace(words["workspace"])
        return filter
    }

    /// A workspace by its name in URLs or its id.
    /// - Throws: a 400 problem when there is none of that name.
    func workspace(_ word: String?) async throws -> UUID? {
        guard let word else { return nil }
        if let id = UUID(uuidString: word) { return id }
        guard let found = try await workspaces.find(slug: word) else { throw Query.fault("workspace", "There is no workspace of this name.") }
        return found.id
    }
}

/// Which dead letters a list shows.
enum LetterStates: String, Sendable, CaseIterable {
    case open, replayed, discarded, all
}

/// A point in time as a person or a browser's field writes it.
enum Moment {
    /// `2026-01-31T08:30:00Z`, `2026-01-31T08:30` and `2026-01-31` are times in UTC; `90s`, `15m`, `2h`, `3d` are so long ago. Nil
    /// for anything else.
    static func date(_ text: String, now: Date) -> Date? {
        for ending in ["", "Z", ":00Z", "T00:00:00Z"] {
            if let date = WireCoding.date(text + ending) { return date }
        }
        guard let unit = text.last, let number = Int(text.dropLast()), (0...1_000_000).contains(number) else { return nil }
        let seconds: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        return seconds[unit].map { now.addingTimeInterval(-Double(number * $0)) }
    }
}
