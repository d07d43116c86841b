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
    }

    let redis: RedisClient
    let configuration: JobsConfiguration

    func perform(_ items: [Item]) async -> Performed {
        var answers = [Result<Answer, any Error>](repeating: .success(.full), count: items.count)
        for (call, indices) in Dictionary(grouping: items.indices, by: { items[$0].call }) {
            do {
                let replies = try await accept(indices.map { items[$0] }, call)
                for (index, reply) in zip(indices, replies) { answers[index] = .success(reply) }
            } catch {
                let failure = JobError.unavailable(call.partition.queue, error)
                for index in indices { answers[index] = .failure(failure) }
            }
        }
        return Performed(answers: answers)
    }

    private func accept(_ items: [Item], _ call: Call) async throws -> [Answer] {
        let keys = QueueKeys(prefix: configuration.prefix, partition: call.partition)
        var arguments: [RedisArgument] = [
            .integer(configuration.window), .integer(call.isRepeatOnly ? 0 : configuration.backlogBound), .string(keys.base),
            .integer(configuration.idempotencyWindow.milliseconds), .integer(configuration.statusWindow.milliseconds),
        ]
        arguments.reserveCapacity(5 + items.count * 8)
        for item in items {
            let workspace = item.envelope.workspace.lowercased
            arguments.append(.string(workspace))
            arguments.append(.string(item.envelope.id.lowercased))
            arguments.append(.string("\(workspace) \(item.envelope.kind) \(item.envelope.acceptedAt)"))
            arguments.append(.string(item.idempotency?.key ?? ""))
            arguments.append(.string(item.idempotency.map { Self.hexadecimal($0.digest) } ?? ""))
            arguments.append(.bytes(item.envelope.header))
            arguments.append(.bytes(item.envelope.body))
            arguments.append(.string(item.notBefore.map { String(Int(($0.timeIntervalSince1970 * 1000).rounded(.up))) } ?? ""))
        }
        let reply = try await redis.evaluate(
            QueueScripts.accept, keys: [keys.ready, keys.parked, keys.totals, keys.later, keys.laterJobs], arguments: arguments)
        guard let words = reply.array, words.count == items.count else {
            throw RedisError(.protocol, "accept.lua answered \(reply)")
        }
        return zip(items, words).map { item, word in
            switch word.string {
            case "ok": return .accepted
            case "full": return .full
            case let stored?:
                let parts = stored.split(separator: " ")
                guard parts.count == 2, parts[0] == item.idempotency.map({ Self.hexadecimal($0.digest) }) ?? "",
                    let job = UUID(uuidString: String(parts[1]))
                else { return .mismatch }
                return .replayed(job)
            case nil: return .mismatch
            }
        }
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
