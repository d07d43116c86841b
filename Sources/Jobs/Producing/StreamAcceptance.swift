import Foundation
import Redis

/// Accepts stream kinds: one script call for all requests of a partition that came together.
struct StreamAcceptance: Sendable {
    typealias Performed = Batcher<Item, Answer>.Performed

    struct Item: Sendable {
        let envelope: Envelope
        let partition: QueuePartition
        let idempotency: Idempotency?
        /// Not to be begun before; nil for at once.
        var notBefore: Date?
        /// The queue is over its bound as a whole: only what was accepted before is answered.
        var isRepeatOnly = false

        fileprivate var call: Call { Call(partition: partition, isRepeatOnly: isRepeatOnly) }
    }

    /// What shares one call of the script.
    fileprivate struct Call: Hashable {
        let partition: QueuePartition
        let isRepeatOnly: Bool
    }

    enum Answer: Sendable, Equatable {
        case accepted
        case replayed(UUID)
        case mismatch
        case full
        /// The workspace holds as many jobs of the queue as one may.
        case workspaceFull
    }

    let redis: RedisClient
    let configuration: JobsConfiguration

    func perform(_ items: [Item]) async -> Performed {
        var answers = [Result<Answer, any Error>](repeating: .success(.full), count: items.count)
        let calls = Dictionary(grouping: items.indices) { items[$0].call }
        if calls.count == 1, let (call, indices) = calls.first {
            for (index, result) in zip(indices, await answer(items, call)) { answers[index] = result }
            return Performed(answers: answers)
        }
        // At once, for they may be for different servers, of which only some may be away.
        await withTaskGroup(of: ([Int], [Result<Answer, any Error>]).self) { tasks in
            for (call, indices) in calls {
                tasks.addTask { (indices, await answer(indices.map { items[$0] }, call)) }
            }
            for await (indices, found) in tasks {
                for (index, result) in zip(indices, found) { answers[index] = result }
            }
        }
        return Performed(answers: answers)
    }

    private func answer(_ items: [Item], _ call: Call) async -> [Result<Answer, any Error>] {
        do {
            return try await accept(items, call).map { .success($0) }
        } catch {
            let failure = JobError.unavailable(call.partition.queue, error)
            return items.map { _ in .failure(failure) }
        }
    }

    private func accept(_ items: [Item], _ call: Call) async throws -> [Answer] {
        var arguments: [RedisArgument] = [
            .integer(call.isRepeatOnly ? 0 : configuration.backlogBound), .integer(configuration.workspaceBound),
            .integer(configuration.idempotencyWindow.milliseconds), .integer(configuration.statusWindow.milliseconds),
        ]
        arguments.reserveCapacity(4 + items.count * 8)
        for item in items {
            let envelope = item.envelope
            arguments.append(.string(envelope.route.word(in: envelope.workspace)))
            arguments.append(.string(envelope.id.lowercased))
            arguments.append(.string("\(envelope.workspace.lowercased) \(envelope.kind) \(envelope.acceptedAt)"))
            arguments.append(.string(item.idempotency?.key ?? ""))
            arguments.append(.string(item.idempotency?.digest.hexadecimal ?? ""))
            arguments.append(.bytes(envelope.header))
            arguments.append(.bytes(envelope.body))
            arguments.append(.string(item.notBefore.map { String(Int(($0.timeIntervalSince1970 * 1000).rounded(.up))) } ?? ""))
        }
        let reply = try await configuration.queue(call.partition, on: redis).call(QueueScripts.accept, arguments)
        guard let words = reply.array, words.count == items.count else {
            throw RedisError(.protocol, "accept.lua answered \(reply)")
        }
        return zip(items, words).map { item, word in
            switch word.string {
            case "ok": return .accepted
            case "full": return .full
            case "over": return .workspaceFull
            case let stored?:
                let parts = stored.split(separator: " ")
                guard parts.count == 2, parts[0] == item.idempotency?.digest.hexadecimal ?? "",
                    let job = UUID(uuidString: String(parts[1]))
                else { return .mismatch }
                return .replayed(job)
            case nil: return .mismatch
            }
        }
    }
}
