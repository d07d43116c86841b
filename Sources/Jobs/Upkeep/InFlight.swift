import Synchronization

/// The entries of a partition that this worker has in its hands. What Redis says was delivered to it and is not here was
/// lost on the way: a connection that broke after the read, a page that was given up half-way.
///
/// Kept as they came, a read at a time under a ticket: a set of all ids would cost each job two look-ups, and they are
/// compared only every few seconds.
final class InFlight: Sendable {
    private struct State {
        var held: [Int: [EntryKey]] = [:]
        var next = 0
        /// Not held when last looked for; twice in a row means lost, once may be a reply on its way.
        var missing: Set<EntryKey> = []
    }

    private let state = Mutex(State())

    /// - Returns: the ticket to give to `ended` when all of `entries` are settled.
    func began(_ entries: [EntryKey]) -> Int {
        state.withLock { state in
            state.next += 1
            state.held[state.next] = entries
            return state.next
        }
    }

    func ended(_ ticket: Int) {
        state.withLock { state in _ = state.held.removeValue(forKey: ticket) }
    }

    /// Which of the entries that Redis counts as delivered are lost.
    func lost(of delivered: [EntryKey]) -> [EntryKey] {
        state.withLock { state in
            guard !delivered.isEmpty else {
                state.missing = []
                return []
            }
            let held = Set(state.held.values.joined())
            let absent = delivered.filter { !held.contains($0) }
            let lost = absent.filter { state.missing.contains($0) }
            state.missing = Set(absent).subtracting(lost)
            return lost
        }
    }
}
