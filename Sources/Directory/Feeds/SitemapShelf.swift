import Synchronization

/// Lists of the sitemap that were made a while ago: tens of thousands of addresses each, which crawlers ask for again and again.
///
/// A list is handed out while the directory's revision is what it was, and for ten minutes at most, for the revision changes a little
/// before what it tells of can be read. All together they take no more than a bound; beyond it the oldest goes.
final class SitemapShelf: Sendable {
    /// What was asked for. The beginning of addresses is in the list itself, and without a configured one each client chooses it.
    struct Question: Hashable, Sendable {
        let base: String
        /// The listing that the list begins behind; nil for the first answer, a list or an index.
        let after: String?
    }

    private struct Entry {
        let bytes: [UInt8]
        let revision: Int
        let since: ContinuousClock.Instant
    }

    private struct Shelf {
        var entries: [Question: Entry] = [:]
        /// Bytes of all entries.
        var size = 0

        mutating func remove(_ question: Question) {
            guard let entry = entries.removeValue(forKey: question) else { return }
            size -= entry.bytes.count
        }
    }

    private let lifetime: Duration
    private let capacity: Int
    private let shelf = Mutex(Shelf())

    /// - Parameters:
    ///   - lifetime: how long a list is handed out at most.
    ///   - capacity: bytes. A full list takes some six million.
    init(lifetime: Duration = .seconds(600), capacity: Int = 32 * 1024 * 1024) {
        self.lifetime = lifetime
        self.capacity = capacity
    }

    /// Bytes that are kept.
    var size: Int { shelf.withLock { $0.size } }

    /// Nil when it has to be made.
    func find(_ question: Question, revision: Int, at now: ContinuousClock.Instant = .now) -> [UInt8]? {
        shelf.withLock { shelf in
            guard let entry = shelf.entries[question], entry.revision == revision, entry.since.duration(to: now) < lifetime else { return nil }
            return entry.bytes
        }
    }

    /// - Parameter revision: as it was before the list was read.
    func keep(_ bytes: [UInt8], for question: Question, revision: Int, at now: ContinuousClock.Instant = .now) {
        guard bytes.count <= capacity else { return }
        shelf.withLock { shelf in
            shelf.remove(question)
            while shelf.size + bytes.count > capacity, let oldest = shelf.entries.min(by: { $0.value.since < $1.value.since }) {
                shelf.remove(oldest.key)
            }
            shelf.entries[question] = Entry(bytes: bytes, revision: revision, since: now)
            shelf.size += bytes.count
        }
    }
}
