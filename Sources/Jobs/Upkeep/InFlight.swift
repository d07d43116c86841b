import Synchronization

/// The entries of a partition that this worker has in its hands. What Redis says was delivered to it and is not here was
/// lost on the way: a connection that broke after the read, a page that was given up half-way.
final class InFlight: Sendable {
    private struct State {
        var held: Set<String> = []
        /// Not held when last looked for; twice in a row means lost, once may be a reply on its way.
        var missing: Set<String> = []
    }

    private let state = Mutex(State())

    func began(_ entries: some Sequence<String>) {
        state.withLock { $0.held.formUnion(entries) }
    }

    func ended(_ entries: some Sequence<String>) {
        state.withLock { $0.held.subtract(entries) }
    }

    /// Which of the entries that Redis counts as delivered are lost.
    func lost(of delivered: [String]) -> [String] {
        state.withLock { state in
            let absent = delivered.filter { !state.held.contains($0) }
            let lost = absent.filter { state.missing.contains($0) }
            state.missing = Set(absent).subtracting(lost)
            return lost
        }
    }
}
