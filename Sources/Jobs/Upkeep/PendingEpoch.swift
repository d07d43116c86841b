import Foundation

/// The epoch of a partition while a relay makes good what Redis lost: `pending:<id>`, in which the id says when it was last set, by
/// the server's time, and by whom.
///
/// The work may take as long as it must: its relay renews the mark as it goes on, and a mark that stands still for long is that
/// of a relay that is gone. Every renewal compares. So a relay learns that Redis has lost its data again, or that another has
/// taken the work over. A relay that gives up takes its mark away, and one that could not begins anew at its own mark:
/// nobody waits for a mark but after a worker that died.
///
/// | bits of the id | say |
/// |---|---|
/// | 48 | ms since 1970; written by `epoch.lua`, and no part of the comparison |
/// | 16 | version 7 and chance |
/// | 32 | variant and chance: one passage of one relay |
/// | 32 | the worker |
struct PendingEpoch: Sendable {
    /// A mark that was not renewed for so long is nobody's.
    static let patience = Duration.seconds(120)
    /// What taking the mark away may take: who leaves does not wait longer for a Redis that is away.
    static let farewell = Duration.seconds(1)

    private static let prefix = "pending:"
    private static let workerBits: UInt64 = 0xffff_ffff

    private let queue: Queue
    private let mark: String
    /// What stood in the place of the epoch before the mark.
    private let former: String?
    private var shown: String?
    private var renewedAt = ContinuousClock.now

    /// - Parameters:
    ///   - worker: whose relay it is.
    ///   - seen: what Redis shows in the place of the epoch.
    init(in queue: Queue, of worker: UUID, seen: String?) {
        let (high, low) = UUID.version7().words
        self.queue = queue
        mark = Self.prefix + UUID(high: high, low: low & ~Self.workerBits | worker.words.low & Self.workerBits).lowercased
        // Another's mark, put back, would say that somebody is at work.
        former = seen.flatMap { $0.hasPrefix(Self.prefix) ? nil : $0 }
        shown = seen
    }

    /// Whether what Redis shows is the mark of another worker's relay that is at work.
    ///
    /// A worker has one relay, which reads this before it begins: a mark of its own is what it could not take away.
    static func isKept(_ shown: ShownEpoch, from worker: UUID) -> Bool {
        guard let name = shown.name, name.hasPrefix(prefix), let id = UUID(uuidString: String(name.dropFirst(prefix.count))), let age = shown.age
        else { return false }
        guard id.words.low & workerBits != worker.words.low & workerBits else { return false }
        // A mark of the time to come is from before the server's clock was set back.
        return age < patience && age > Duration.zero - patience
    }

    /// Sets the mark. False where Redis shows another one by now.
    mutating func set() async throws -> Bool {
        guard try await queue.setEpoch(mark, seen: shown) else { return false }
        shown = mark
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

    /// The work was given up: puts back what stood there before, if the mark still stands, so that anybody may begin at once. Where Redis
    /// does not answer, the mark stays, which only its own worker passes over.
    func putBack() async {
        // No child of this task, for its call would end before it began where the task is cancelled.
        let call = Task { [queue, mark, former] in try await queue.setEpoch(former, seen: mark, timeout: Self.farewell) }
        _ = await call.result
    }
}
