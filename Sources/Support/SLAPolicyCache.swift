import Foundation
import Postgres
import Synchronization

/// The policies that this process read a moment ago, so that a batch of tickets needs no round trip to ask for them.
///
/// A changed policy therefore holds for tickets that are written at most `lifetime` later. A workspace without rows of its own is
/// remembered too: most have none.
final class SLAPolicyCache: Sendable {
    private struct Entry {
        let book: SLAPolicyBook
        let readAt: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let capacity: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let entries = Mutex<[UUID: Entry]>([:])

    /// - Parameters:
    ///   - lifetime: how long a policy is believed. Five seconds: at hundreds of batches a second this is one question
    ///     in thousands, and nobody changes a promise and counts on it sooner.
    ///   - capacity: workspaces remembered; over it everything is forgotten and read again.
    init(
        lifetime: Duration = .seconds(5), capacity: Int = 10_000,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.lifetime = lifetime
        self.capacity = capacity
        self.now = now
    }

    /// The policies of each of these workspaces; those that are not known or too old are read, all of them with one query.
    func books(of workspaces: Set<UUID>, in transaction: PostgresTransaction) async throws -> [UUID: SLAPolicyBook] {
        let time = now()
        var books: [UUID: SLAPolicyBook] = [:]
        books.reserveCapacity(workspaces.count)
        var missing: [UUID] = []
        entries.withLock { entries in
            for workspace in workspaces {
                if let entry = entries[workspace], entry.readAt.duration(to: time) < lifetime {
                    books[workspace] = entry.book
                } else {
                    missing.append(workspace)
                }
            }
        }
        guard !missing.isEmpty else { return books }

        let rows = try await TicketStore.policies(of: missing, in: transaction)
        entries.withLock { entries in
            if entries.count + missing.count > capacity { entries.removeAll(keepingCapacity: true) }
            for workspace in missing {
                let book = rows[workspace].map(SLAPolicyBook.init(rows:)) ?? .standard
                books[workspace] = book
                entries[workspace] = Entry(book: book, readAt: time)
            }
        }
        return books
    }
}
