import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import TestSupport
import Testing

/// A provider of chat completions, in the form in which they were recorded, which sends each of its beats only when it is told to.
final class PacedProvider: Sendable {
    /// What is sent in one go.
    struct Beat: Sendable {
        /// Payloads of `data:` lines.
        let frames: [String]

        /// Chunks with one choice; `deltas` are JSON.
        init(_ deltas: String...) { frames = deltas.map { PacedProvider.chunk($0) } }

        init(frames: [String]) { self.frames = frames }
    }

    private let beats: [Beat]
    private let permits: AsyncStream<Void>
    private let permit: AsyncStream<Void>.Continuation
    private let sendings = Mutex<[ContinuousClock.Instant]>([])

    init(_ beats: [Beat]) {
        self.beats = beats
        (permits, permit) = AsyncStream.makeStream(of: Void.self)
    }

    /// When each beat was sent.
    var sent: [ContinuousClock.Instant] { sendings.withLock { $0 } }

    /// Lets the next beat go.
    func go() { permit.yield() }

    static func chunk(_ delta: String, finish: String? = nil) -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return
            #"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"paced","choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
    }

    /// Listens while `body` runs.
    ///
    /// - Parameter body: Gets the base URL for `MAINSTAY_PROVIDER_URL`.
    func serve(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        let router = Router()
        router.post("/v1/chat/completions") { request, _ in
            _ = try await request.body.collect(upTo: 1 << 20)
            return Response(status: .ok, headers: [.contentType: "text/event-stream"], body: .init { try await self.write(to: &$0) })
        }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            let result: Result<Void, any Error>
            do { result = .success(try await body("http://127.0.0.1:\(port)/v1")) } catch { result = .failure(error) }
            // A stream that a failed test left half-way is let go of, or the server would never stop.
            self.permit.finish()
            try result.get()
        }
    }

    private func write(to writer: inout any ResponseBodyWriter) async throws {
        for beat in beats {
            try await wait()
            sendings.withLock { $0.append(.now) }
            for frame in beat.frames { try await writer.write(ByteBuffer(string: "data: \(frame)\n\n")) }
        }
        try await writer.finish(nil)
    }

    private func wait() async throws {
        for await _ in permits { return }
        throw CancellationError()
    }
}
