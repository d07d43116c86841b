import Synchronization

/// Group commit: what many callers hand over while one batch is under way becomes the next batch.
///
/// An idle batcher performs a single item at once; under load the batches grow by themselves, up to `most`. A caller
/// that is cancelled stops waiting; its item is performed only if its batch had begun.
final class Batcher<Item: Sendable, Answer: Sendable>: Sendable {
    /// What a batch came to.
    struct Performed: Sendable {
        /// One for each item, in their order.
        let answers: [Result<Answer, any Error>]
        /// What is left to do once the callers have their answers.
        var afterwards: (@Sendable () async -> Void)?
    }

    private struct Waiting {
        let item: Item
        let id: Int
        /// Of a caller that does not wait in a task, and cannot be cancelled.
        var then: (@Sendable (Result<Answer, any Error>) -> Void)?
    }

    private struct State {
        var pending: [Waiting] = []
        var callers: [Int: CheckedContinuation<Answer, any Error>] = [:]
        var idle: [CheckedContinuation<Void, Never>] = []
        var next = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let most: Int
    private let bound: Int
    private let flushers: Int
    private let perform: @Sendable ([Item]) async -> Performed

    /// - Parameters:
    ///   - most: items in one batch.
    ///   - flushers: batches under way at once.
    ///   - bound: callers that may wait; beyond it `submit` fails at once with a retryable error.
    init(most: Int, flushers: Int, bound: Int = 20_000, perform: @escaping @Sendable ([Item]) async -> Performed) {
        self.most = most
        self.flushers = flushers
        self.bound = bound
        self.perform = perform
    }

    /// Returns the item's own answer.
    func submit(_ item: Item) async throws -> Answer {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (refusal, flusher): ((any Error)?, CheckedContinuation<Void, Never>?) = state.withLock { state in
                    if Task.isCancelled { return (CancellationError(), nil) }
                    if let reason = reasonToRefuse(state) { return (reason, nil) }
                    state.callers[id] = continuation
                    state.pending.append(Waiting(item: item, id: id))
                    return (nil, state.idle.popLast())
                }
                flusher?.resume()
                if let refusal { continuation.resume(throwing: refusal) }
            }
        } onCancel: {
            state.withLock { $0.callers.removeValue(forKey: id) }?.resume(throwing: CancellationError())
        }
    }

    /// The same for a caller that goes on: `then` is called once, from anywhere.
    func submit(_ item: Item, then: @escaping @Sendable (Result<Answer, any Error>) -> Void) {
        let (refusal, flusher): ((any Error)?, CheckedContinuation<Void, Never>?) = state.withLock { state in
            if let reason = reasonToRefuse(state) { return (reason, nil) }
            state.next += 1
            state.pending.append(Waiting(item: item, id: state.next, then: then))
            return (nil, state.idle.popLast())
        }
        flusher?.resume()
        if let refusal { then(.failure(refusal)) }
    }

    private func reasonToRefuse(_ state: borrowing State) -> JobError? {
        if state.isClosed { return JobError(.unavailable, subject: "ingress", message: "this process is stopping", retryAfter: .seconds(1)) }
        guard state.pending.count >= bound else { return nil }
        return JobError(.unavailable, subject: "ingress", message: "\(bound) requests are waiting", retryAfter: .seconds(1))
    }

    /// Performs batches until `close()`, and what was handed over before it.
    func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<flushers {
                group.addTask {
                    while let batch = await self.take() {
                        let performed = await self.perform(batch.map(\.item))
                        self.answer(batch, with: performed.answers)
                        await performed.afterwards?()
                    }
                }
            }
        }
    }

    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for flusher in idle { flusher.resume() }
    }

    private func answer(_ batch: [Waiting], with answers: [Result<Answer, any Error>]) {
        precondition(batch.count == answers.count, "a batch has an answer for each of its items")
        let callers = state.withLock { state in batch.map { $0.then == nil ? state.callers.removeValue(forKey: $0.id) : nil } }
        for (index, answer) in answers.enumerated() {
            if let then = batch[index].then { then(answer) } else { callers[index]?.resume(with: answer) }
        }
    }

    /// Nil when closed and empty.
    private func take() async -> [Waiting]? {
        while true {
            let taken: [Waiting]? = state.withLock { state in
                if state.pending.isEmpty { return state.isClosed ? [] : nil }
                let taken = state.pending.prefix(most)
                state.pending.removeFirst(taken.count)
                // Who has left before the batch was begun is not served.
                return taken.filter { $0.then != nil || state.callers[$0.id] != nil }
            }
            if let taken {
                if !taken.isEmpty { return taken }
                if state.withLock({ $0.isClosed && $0.pending.isEmpty }) { return nil }
                continue
            }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isClosed || !state.pending.isEmpty { return true }
                    state.idle.append(continuation)
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }
}
