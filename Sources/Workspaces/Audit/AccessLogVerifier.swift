package import Foundation
package import Postgres

/// Reads the whole access log and says whether it is what was written.
///
/// It computes every hash itself, from the columns, and asks the database for none. It goes page by page and keeps no more than
/// two pages, whatever the length. It changes nothing, and may be run while entries are appended: what comes after its start is
/// for the next time.
///
/// What it cannot see: entries cut off behind the last checkpoint that it knows, and a log that was written anew, checkpoints and
/// all, by somebody who has the key or where nothing is signed. For both, publish the head (``PublishedHead``).
package struct AccessLogVerifier: Sendable {
    private let store: AccessLogStore
    private let keys: AccessLogKeys

    package init(pool: PostgresPool, keys: AccessLogKeys) {
        store = AccessLogStore(pool: pool)
        self.keys = keys
    }

    /// - Parameter published: a head that was kept outside; nil for none.
    /// - Throws: whatever the store throws. There is no result then: what could not be read is not clean.
    package func run(published: AccessLogCheckpoint? = nil) async throws -> AccessLogResult {
        // One moment for both: a checkpoint that is made later may be of an entry that this look does not reach.
        let bounds = try await store.bounds()
        var checkpoints = CheckpointLine(store: store, through: bounds.checkpoint, published: published)
        var check = AccessChainCheck(keys: keys)
        var last = 0
        while last < bounds.head {
            let page = try await store.page(after: last, through: bounds.head)
            guard let final = page.last else { break }
            for entry in page {
                while let next = try await checkpoints.next(before: entry.sequence) {
                    check.checkpoint(next.checkpoint, isPublished: next.isPublished)
                }
                check.entry(entry)
            }
            last = final.sequence
        }
        while let next = try await checkpoints.next(before: .max) {
            check.checkpoint(next.checkpoint, isPublished: next.isPublished)
        }
        return check.finished()
    }

    /// The last entry that a look has reached, signed where there is a key: to be published. Nil for an empty log, and for one that
    /// is not clean.
    package func head(of result: AccessLogResult, at now: Date) -> AccessLogCheckpoint? {
        guard result.isClean, let head = result.head else { return nil }
        let microseconds = Int64((now.timeIntervalSince1970 * 1_000_000).rounded())
        return keys.signed(AccessLogCheckpoint(sequence: head.sequence, hash: head.hash, microseconds: microseconds))
    }
}

/// The log's checkpoints and the published head, in the order of their entries, a page at a time.
private struct CheckpointLine {
    private let store: AccessLogStore
    private let through: Int
    private var published: AccessLogCheckpoint?
    private var page: ArraySlice<AccessLogCheckpoint> = []
    private var last = 0

    init(store: AccessLogStore, through: Int, published: AccessLogCheckpoint?) {
        self.store = store
        self.through = through
        self.published = published
    }

    /// The next one, when it is of an entry before `sequence`.
    mutating func next(before sequence: Int) async throws -> (checkpoint: AccessLogCheckpoint, isPublished: Bool)? {
        if page.isEmpty, last < through {
            page = try await store.checkpoints(after: last, through: through)[...]
            last = page.last?.sequence ?? through
        }
        if let published, published.sequence <= page.first?.sequence ?? .max {
            guard published.sequence < sequence else { return nil }
            self.published = nil
            return (published, true)
        }
        guard let first = page.first, first.sequence < sequence else { return nil }
        page.removeFirst()
        return (first, false)
    }
}
