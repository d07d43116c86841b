import Foundation
import Jobs
import Redis

/// Writes one attempt's events to the log, in order, each once, and keeps them for the archive.
///
/// What was given an id and not confirmed is sent again with what follows it; the log refuses what it has. While the log's Redis is
/// away the journal waits and tries again until its task is cancelled: the provider is held back meanwhile (``RunAppendQueue``). A
/// Redis that comes back empty gets the whole log again, so that clients who resume find it.
///
/// One task at a time uses it.
actor RunJournal {
    private let log: RunLog
    private let identity: RunIdentity
    private let epoch: UInt64
    private let clock: any Clock<Duration>
    /// Where the run's end is reported to.
    let metrics: InferenceMetrics

    private var record: RunRecord
    private var unconfirmed: [RunLogEntry] = []
    /// When the oldest of them was in our hands.
    private var unconfirmedSince: ReceiptTime?
    private var isBegun: Bool
    private var renewedAt: ContinuousClock.Instant?
    /// Behind everything that was given to the journal.
    private(set) var anchor: RunAnchor?
    /// The log does not have it yet.
    private var owesAnchor = false

    /// A log's time to live is set anew when it is older than this: well under the lifetime, and far from every append.
    private static let renewal = Duration.seconds(60)
    /// Events of one call when a lost log is written again: the script blocks the server.
    private static let page = 250

    init(
        log: RunLog, identity: RunIdentity, epoch: UInt64, earlier: [RunLogEntry] = [], anchor: RunAnchor? = nil, clock: any Clock<Duration>
    ) {
        self.log = log
        self.identity = identity
        self.epoch = epoch
        self.clock = clock
        metrics = log.metrics
        record = RunRecord(epoch: epoch, earlier: earlier)
        isBegun = !earlier.isEmpty
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

    private func deliver(terminal: RunEventID?) async throws {
        var pause = Duration.milliseconds(20)
        while !unconfirmed.isEmpty {
            do {
                switch try await send(terminal: terminal) {
                case .appended:
                    unconfirmed = []
                    unconfirmedSince = nil
                    owesAnchor = false
                    isBegun = true
                case .ended:
                    // Nothing follows a terminal event; who wrote it has finished the run.
                    throw RunStore.Superseded(run: identity.run, epoch: epoch)
                case .stale:
                    throw RunStore.Superseded(run: identity.run, epoch: epoch)
                case .missing:
                    unconfirmed = Array(record.entries)
                    owesAnchor = anchor != nil
                    isBegun = false
                }
            } catch let error as RedisError where error.isRetryable {
                try Task.checkCancellation()
                try await clock.sleep(for: pause)
                pause = min(pause * 2, .seconds(2))
            }
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
                Array(unconfirmed[start..<end]), to: identity, epoch: epoch, begins: !isBegun, renewsLifetime: renews,
                terminal: isLast ? terminal : nil, receivedAt: unconfirmedSince ?? ReceiptTime.now, anchor: isLast && owesAnchor ? anchor : nil,
                reach: isLast ? nil : unconfirmed.last?.id)
            guard answer == .appended else { return answer }
            start = end
        }
        if renews { renewedAt = now }
        return .appended
    }
}
