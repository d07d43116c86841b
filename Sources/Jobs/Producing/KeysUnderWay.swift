package import Foundation
import Synchronization

/// The Idempotency-Keys whose requests this process is carrying out at the moment.
///
/// Whoever comes with one of them is refused with `.inFlight` and told when to come again: waiting would hold a
/// connection for a caller who has most likely given up the first one. It is a courtesy and no guarantee. Two ingresses
/// know nothing of each other, and there the unique key decides: the second request waits in PostgreSQL until the first
/// has committed (or finds its key in Redis), and is answered as its repeat.
package final class KeysUnderWay: Sendable {
    private struct Name: Hashable {
        let workspace: UUID
        let key: String
    }

    private let held = Mutex<Set<Name>>([])

    package init() {}

    /// Runs an operation that nobody else in this process may run under the same key until it has ended, in whatever way.
    /// Without a key it is simply run.
    ///
    /// - Throws: `JobError(.inFlight)` while another one runs; what the operation throws.
    package func alone<Answer>(_ key: Idempotency?, workspace: UUID, _ operation: () async throws -> Answer) async throws -> Answer {
        guard let key else { return try await operation() }
        let name = Name(workspace: workspace, key: key.key)
        guard held.withLock({ $0.insert(name).inserted }) else {
            throw JobError(
                .inFlight, subject: key.key, message: "the first request with this Idempotency-Key is still under way", retryAfter: .seconds(1))
        }
        defer { held.withLock { _ = $0.remove(name) } }
        return try await operation()
    }
}
