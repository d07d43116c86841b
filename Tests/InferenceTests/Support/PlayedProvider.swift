import Synchronization

@testable import Inference

/// A provider that does what a test says.
struct PlayedProvider: Provider {
    typealias Receive = @Sendable (ProviderEvent) async throws -> Void

    let name: String
    let play: @Sendable (ProviderRequest, Receive) async throws -> Void

    init(_ name: String = "played", _ play: @escaping @Sendable (ProviderRequest, Receive) async throws -> Void) {
        self.name = name
        self.play = play
    }

    /// Says `a`, and `b` and its end once it gets a permit.
    static func inTwoPieces(_ permits: Permits) -> PlayedProvider {
        PlayedProvider { _, receive in
            try await receive(.text("a"))
            try await permits.take()
            try await receive(.text("b"))
            try await receive(.stopped)
        }
    }

    func stream(_ request: ProviderRequest, receive: @escaping @Sendable (ProviderEvent) async throws -> Void) async throws {
        try await play(request, receive)
    }
}

/// Hands out permits: a step of a played provider waits for one.
final class Permits: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func give(_ count: Int = 1) {
        for _ in 0..<count { continuation.yield() }
    }

    /// Throws `CancellationError` when the task is cancelled while it waits.
    func take() async throws {
        for await _ in stream { return }
        throw CancellationError()
    }
}

extension ProviderEvent {
    static func text(_ text: String) -> ProviderEvent { .chunk(StreamChunk(.text, text)) }
    static let stopped = ProviderEvent.ended(StepEnding(.completed, finish: FinishReason(.stop, raw: "stop")))
}
