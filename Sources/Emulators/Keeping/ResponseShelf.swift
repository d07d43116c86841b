import ServiceLifecycle
import Synchronization

/// The Responses that are kept, and the tasks that make them: a service, so that what is made ends with the server.
final class ResponseShelf: Service {
    /// Older ones make room for new ones.
    static let most = 1_000

    private struct Content {
        var kept: [String: KeptResponse] = [:]
        var order: [String] = []
    }

    private let content = Mutex(Content())
    private let work: AsyncStream<@Sendable () async -> Void>
    private let worker: AsyncStream<@Sendable () async -> Void>.Continuation

    init() {
        (work, worker) = AsyncStream<@Sendable () async -> Void>.makeStream()
    }

    /// Keeps a Response, and has it made.
    func keep(_ response: KeptResponse, making: @escaping @Sendable () async -> Void) {
        content.withLock { content in
            content.kept[response.identity.id] = response
            content.order.append(response.identity.id)
            if content.order.count > Self.most { content.kept[content.order.removeFirst()] = nil }
        }
        worker.yield(making)
    }

    func response(_ id: String) -> KeptResponse? { content.withLock { $0.kept[id] } }

    func run() async throws {
        await cancelWhenGracefulShutdown { [work] in
            await withDiscardingTaskGroup { group in
                for await making in work { group.addTask { await making() } }
            }
        }
    }
}
