import Foundation

/// The epoch of a partition while a relay makes good what Redis lost: `pending:<id>`, in which the id says when it was last renewed.
///
/// The work may take as long as it must: its relay renews the mark as it goes on, and a mark that stands still for long is that
/// of a relay that is gone. Every renewal compares. So a relay learns that Redis has lost its data again, or that another has
/// taken the work over.
struct PendingEpoch: Sendable {
    /// A mark that was not renewed for so long is nobody's.
    static let patience = Duration.seconds(120)

    private static let prefix = "pending:"

    private let queue: Queue
    private var shown: String?
    private var renewedAt = ContinuousClock.now

    /// - Parameter seen: what Redis shows in the place of the epoch.
    init(in queue: Queue, seen: String?) {
        self.queue = queue
        self.shown = seen
    }

    /// Whether what Redis shows is the mark of a relay that is at work.
    static func isKept(_ seen: String, now: Date = Date()) -> Bool {
        guard seen.hasPrefix(prefix), let renewed = UUID(uuidString: String(seen.dropFirst(prefix.count)))?.version7Milliseconds else { return false }
        return now.timeIntervalSince1970 * 1000 - Double(renewed) < patience.inSeconds * 1000
    }

    /// Sets the mark. False where Redis shows another one by now.
    mutating func set() async throws -> Bool {
        let next = Self.prefix + UUID.version7().lowercased
        guard try await queue.setEpoch(next, seen: shown) else { return false }
        shown = next
        renewedAt = .now
        return true
    }

    /// Sets the mark anew where it has stood for a while. False where Redis shows another one by now.
    mutating func keep() async throws -> Bool {
        guard ContinuousClock.now - renewedAt > Self.patience / 8 else { return true }
        return try await set()
    }

    /// The work is done: from now on Redis holds everything that it is given under `epoch`. False where Redis shows another mark.
    func conclude(as epoch: UUID) async throws -> Bool {
        try await queue.setEpoch(epoch.lowercased, seen: shown)
    }
}
