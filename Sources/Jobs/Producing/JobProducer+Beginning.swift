public import Foundation

extension JobProducer {
    /// Begins to accept a job of the usual sort (now, of a new id, without any key) for a caller that goes on meanwhile: an event loop.
    ///
    /// It asks for nothing that has to be waited for before the acceptance. Where there would be: near a bound, for a body that lies apart
    /// from its envelope, it begins nothing, and ``accept(_:workspace:id:notBefore:priority:unique:idempotency:repeatOnly:isOwed:trace:)`` is
    /// the way.
    ///
    /// - Parameter then: called once, from anywhere, with what that would have returned or thrown.
    /// - Returns: false when nothing was begun; then `then` is never called.
    public func begin<Payload: JobPayload>(
        _ payload: Payload, workspace: UUID, trace: TraceParent? = nil, then: @escaping @Sendable (Result<Acceptance, any Error>) -> Void
    ) -> Bool {
        let kind = Payload.kind
        guard monitor.hasRoom(kind.queue), let body = try? PayloadEncoder.encode(payload), body.count <= configuration.inlineBodyLimit else {
            return false
        }
        var envelope = Envelope(
            accepting: body, of: kind, id: .version7(), workspace: workspace, notBefore: nil, priority: nil, key: payload.key, marks: [],
            trace: trace)
        let partition = configuration.partition(of: workspace)
        switch kind.acceptance {
        case .ledger:
            let item = AcceptanceStore.Item(envelope: envelope, queue: kind.queue, partition: partition, idempotency: nil, notBefore: nil)
            ledger.submit(item) { then(self.acceptance(of: item.envelope, $0.map { _ in nil })) }
        case .stream:
            envelope.marks.insert(.noted)
            let item = StreamAcceptance.Item(
                envelope: envelope, partition: QueuePartition(queue: kind.queue, index: partition), idempotency: nil)
            streams.submit(item) { answer in
                then(self.acceptance(of: item.envelope, answer.map { self.refusal($0, of: kind, nil) }))
            }
        }
        return true
    }

    /// A new id has no earlier acceptance, so what is not refused is accepted.
    private func acceptance(of envelope: Envelope, _ refusal: Result<JobError?, any Error>) -> Result<Acceptance, any Error> {
        refusal.flatMap { refusal in
            if let refusal { return .failure(refusal) }
            log(envelope)
            return .success(Acceptance(id: envelope.id, replayed: false, state: .queued))
        }
    }
}
