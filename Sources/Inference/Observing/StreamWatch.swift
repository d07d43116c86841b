import Web

/// Times one client's stream as it is written. A value of the client's own task: it takes no lock and makes nothing for an event.
struct StreamWatch {
    private let metrics: StreamMetrics
    /// No output was written yet, and the client is there from the run's first event on.
    private var awaitsFirstOutput: Bool
    /// When the rest of a stream was asked for; nil once it came, and for a stream from its beginning.
    private var resumesSince: ContinuousClock.Instant?

    /// - Parameters:
    ///   - after: The client's cursor.
    ///   - asked: When its request arrived; nil where that is not measured.
    init(_ metrics: StreamMetrics, after: RunEventID?, asked: ContinuousClock.Instant?) {
        self.metrics = metrics
        awaitsFirstOutput = after == nil
        resumesSince = after == nil ? nil : asked
    }

    /// These entries' frames have been handed to the client's connection.
    mutating func wrote(_ entries: [RunLogEntry], as frames: [SSEFrame]) {
        // What is live came when the provider spoke, which says nothing about resuming.
        if entries.first?.receivedAt == nil { replayed() }
        resumesSince = nil
        let now = ReceiptTime.now
        for (entry, frame) in zip(entries, frames) {
            guard let type = frame.event, RunEvent.isModelOutput(type: type) else { continue }
            if let received = entry.receivedAt { metrics.delivered(after: received.seconds(to: now), isFirst: awaitsFirstOutput) }
            awaitsFirstOutput = false
        }
    }

    /// Something of what the client had missed has been handed over: events from the log or the archive, or word of a gap.
    mutating func replayed() {
        guard let since = resumesSince else { return }
        resumesSince = nil
        metrics.resumed(after: since.duration(to: .now))
    }
}
