import Foundation
import Jobs
import Postgres
import Redis

/// Writes one attempt's events to the log, in order, each once, and keeps them for the archive.
///
/// What was given an id and not confirmed is sent again with what follows it; the log refuses what it has. While the log's Redis is
/// away the journal waits and tries again until its task is cancelled: the provider is held back meanwhile (``RunAppendQueue``). A
/// Redis that comes back empty gets the whole log again, so that clients who resume find it, from whom the run's row calls its owner.
///
/// One task at a time uses it.
actor RunJournal {
    private let log: RunLog
    private let identity: RunIdentity
    private let epoch: UInt64
    private let isOwned: @Sendable (_ isEnded: Bool) async throws -> Bool
    private let clock: any Clock<Duration>
    /// Where the run's end is reported to.
    let metrics: InferenceMetrics

    private var record: RunRecord
    private var unconfirmed: [RunLogEntry] = []
    /// When the oldest of them was in our hands.
    private var unconfirmedSince: ReceiptTime?
    private var place: RunLog.Place
    private var renewedAt: ContinuousClock.Instant?
    /// Behind everything that was given to the journal.
    private(set) var anchor: RunAnchor?
    /// The log does not have it yet.
    private var owesAnchor = false

    /// A log's time to live is set anew when it is older than this: well under the lifetime, and far from every append.
    private static let renewal = Duration.seconds(60)
    /// Events of one call when a lost log is written again: the script blocks the server.
    private static let page = 250

    /// - Parameter isOwned: Whether no later attempt owns the run, as its row says, and whether it goes on unless this attempt has ended it.
    ///   Asked when the log was lost, and with it what it knew of the owner, or when it never knew the run: what is written then the log
    ///   cannot vouch for, so of a run that goes on this notes in the row that something is shown.
    init(
        log: RunLog, identity: RunIdentity, epoch: UInt64, earlier: [RunLogEntry] = [], anchor: RunAnchor? = nil,
        isOwned: @escaping @Sendable (_ isEnded: Bool) async throws -> Bool, clock: any Clock<Duration>
    ) {
        self.log = log
        self.identity = identity
        self.epoch = epoch
        self.isOwned = isOwned
        self.clock = clock
        metrics = log.metrics
        record = RunRecord(epoch: epoch, earlier: earlier)
        place = earlier.isEmpty ? .begin : .continue
        self.anchor = anchor
    }

    var isEmpty: Bool { record.isEmpty }
    /// All events, with those that are not confirmed yet.
    var entries: [RunLogEntry] { Array(record.entries) }
    var transcript: RunTranscript { record.transcript }

    /// Gives the events their ids and appends them.
    ///
    /// - Parameters:
    ///   - receivedAt: When the oldest of them was in our hands; now when nil.
    ///   - anchor: Where their provider's answer stands behind them; as before when nil.
    /// - Throws: ``RunStore/Superseded`` when another attempt owns the run; `CancellationError`; an error of Redis that waiting does
    ///   not cure.
    func append(_ events: [RunEvent], receivedAt: ReceiptTime? = nil, anchor: RunAnchor? = nil) async throws {
        if let anchor {
            self.anchor = anchor
            owesAnchor = true
        }
        if unconfirmedSince == nil { unconfirmedSince = receivedAt ?? ReceiptTime.now }
        for event in events { unconfirmed.append(record.add(event)) }
        try await deliver(terminal: nil)
    }

    /// Gives the terminal event its id without appending it: PostgreSQL comes first.
    func conclude(with event: RunEvent) -> (archive: [UInt8], transcript: RunTranscript) {
        unconfirmed.append(record.add(event))
        return (record.archive, record.transcript)
    }

    /// Appends the terminal event after its commit.
    func deliverConclusion() async throws {
        try await deliver(terminal: unconfirmed.last?.id)
    }

    /// Writes a log again that was lost while there was nothing to append.
    ///
    /// - Throws: As ``append(_:receivedAt:anchor:)``.
    func restore() async throws {
        guard unconfirmed.isEmpty, let last = record.entries.last else { return }
        // The log refuses what it has.
        unconfirmed = [last]
        try await deliver(terminal: nil)
    }

    private func deliver(terminal: RunEventID?) async throws {
        var pause = Duration.milliseconds(20)
        while !unconfirmed.isEmpty {
            do {
                switch try await send(terminal: terminal) {
                case .appended:
                    unconfirmed = []
                    unconfirmedSince = nil
                    owesAnchor = false
                    place = .continue
                case .ended:
                    // Nothing follows a terminal event; who wrote it has finished the run.
                    throw RunStore.Superseded(run: identity.run, epoch: epoch)
                case .stale:
                    throw RunStore.Superseded(run: identity.run, epoch: epoch)
                case .missing:
                    // Who was stopped meanwhile must not write its answer over its successor's. The claim comes before the question: what
                    // the row says is written into the memory that was claimed, where a later claim is found, or nowhere.
                    guard case .claimed = try await log.claim(identity, epoch: epoch) else {
                        throw RunStore.Superseded(run: identity.run, epoch: epoch)
                    }
                    guard try await isOwned(terminal != nil) else { throw RunStore.Superseded(run: identity.run, epoch: epoch) }
                    unconfirmed = Array(record.entries)
                    owesAnchor = anchor != nil
                    place = .again
                }
            } catch let error where Self.passes(error) {
                try Task.checkCancellation()
                try await clock.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
        }
    }

    /// A store that is away comes back.
    private static func passes(_ error: any Error) -> Bool {
        switch error {
        case let error as RedisError: error.isRetryable
        // What is asked of the row, or noted in it, may be repeated.
        case let error as PostgresError: error.isRetryable || error.commitUnknown
        default: false
        }
    }

    /// One append of everything that waits; of a lost log page by page.
    private func send(terminal: RunEventID?) async throws -> RunLog.Appended {
        let now = ContinuousClock.now
        let renews = terminal != nil || renewedAt.map { $0.duration(to: now) > Self.renewal } ?? true
        var start = unconfirmed.startIndex
        while start < unconfirmed.endIndex {
            let end = min(start + Self.page, unconfirmed.endIndex)
            let isLast = end == unconfirmed.endIndex
            let answer = try await log.append(
                Array(unconfirmed[start..<end]), to: identity, epoch: epoch, at: place, renewsLifetime: renews,
                terminal: isLast ? terminal : nil, receivedAt: unconfirmedSince ?? ReceiptTime.now, anchor: isLast && owesAnchor ? anchor : nil,
                reach: isLast ? nil : unconfirmed.last?.id)
            guard answer == .appended else { return answer }
            start = end
        }
        if renews { renewedAt = now }
        return .appended
    }
}
