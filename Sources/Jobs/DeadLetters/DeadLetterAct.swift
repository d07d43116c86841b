package import Foundation

/// What can be done about a dead letter.
package enum DeadLetterAct: String, Sendable, Hashable, CaseIterable {
    /// Its job is accepted again.
    case replay
    /// It is taken off the list, for good.
    case discard

    /// What an act means for one letter.
    package enum Fate: Sendable, Hashable {
        case due
        /// It was done before: doing it again changes nothing.
        case repeated
        /// It cannot be done; why, in words.
        case refused(String)
    }

    package func fate(of state: DeadLetterState, kind: String) -> Fate {
        switch (self, state) {
        case (.replay, .open) where kind == DeadLetter.unreadable: .refused("what could not be read is no job")
        case (.replay, .open), (.discard, .open): .due
        case (.replay, .replayed), (.discard, .discarded): .repeated
        case (.replay, .discarded): .refused("it was discarded, for good")
        case (.discard, .replayed): .refused("it was replayed: its job is on its way, or done")
        }
    }
}

/// How far an act over many letters has come.
package struct DeadLetterTally: Sendable, Hashable {
    /// Letters that were replayed or discarded.
    package var changed = 0
    /// Letters that somebody else was faster with.
    package var unchanged = 0
    /// Of those that were replayed: not in Redis yet, the relay appends them.
    package var left = 0
    /// What stopped it before the end. What was done until then is done.
    package var fault: String?

    package init() {}
}

extension JobAdministration {
    /// Letters of one transaction.
    static let page = 500

    /// Does something about the open letters that a filter means, the newest first, page by page.
    ///
    /// Each page is a transaction of its own, and doing it again goes on where it stopped: what was done is not open any
    /// more. Only letters that died before the call are looked at: a job that is replayed and dies again meanwhile waits for
    /// the next.
    ///
    /// - Parameters:
    ///   - limit: of letters; nil for all.
    ///   - progress: called after each page.
    package func perform(
        _ act: DeadLetterAct, on filter: DeadLetterFilter, limit: Int? = nil, by actor: String?,
        progress: @Sendable (DeadLetterTally) -> Void = { _ in }
    ) async -> DeadLetterTally {
        var tally = DeadLetterTally()
        do {
            let filter = try await filter.bounded(to: act, before: letters.now())
            var last: DeadLetterLine?
            var looked = 0
            while looked < limit ?? .max {
                let wanted = min(Self.page, (limit ?? .max) - looked)
                let page = try await letters.list(filter, after: last, limit: wanted)
                guard !page.isEmpty else { break }
                try await perform(act, on: page.map(\.key), by: actor, into: &tally)
                progress(tally)
                looked += page.count
                last = page.last
                guard page.count == wanted else { break }
            }
        } catch {
            tally.fault = "\(error)"
        }
        return tally
    }

    /// Does something about given letters.
    /// - Returns: those that it was done to.
    package func perform(_ act: DeadLetterAct, on keys: [JobName], by actor: String?) async throws -> Set<JobName> {
        var tally = DeadLetterTally()
        var changed: Set<JobName> = []
        for start in stride(from: 0, to: keys.count, by: Self.page) {
            changed.formUnion(try await perform(act, on: Array(keys[start..<min(start + Self.page, keys.count)]), by: actor, into: &tally))
        }
        return changed
    }

    @discardableResult
    private func perform(
        _ act: DeadLetterAct, on keys: [JobName], by actor: String?, into tally: inout DeadLetterTally
    ) async throws -> Set<JobName> {
        let changed: Set<JobName>
        switch act {
        case .replay:
            // A Redis that was away a moment ago is not waited for again: the relay has its own patience.
            let replayed = try await replay(keys, by: actor, appending: tally.left == 0)
            changed = replayed.keys
            if replayed.isLeftToRelay { tally.left += changed.count }
        case .discard:
            changed = try await letters.discard(keys, by: actor)
        }
        tally.changed += changed.count
        tally.unchanged += keys.count - changed.count
        return changed
    }
}

extension DeadLetterFilter {
    /// The open letters of this filter that an act can be done to, as they are at `moment`.
    package func bounded(to act: DeadLetterAct, before moment: Date? = nil) -> DeadLetterFilter {
        var bounded = self
        bounded.states = [.open]
        bounded.jobsOnly = act == .replay
        if let moment { bounded.until = min(until ?? moment, moment) }
        return bounded
    }
}
