import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// An answer that is an event stream: it goes on until its body returns, the client leaves, or the server stops.
///
/// While the body is silent a comment is sent each `heartbeat`, so that proxies keep the connection and a dead client is
/// found. When the server stops, the stream ends in order and the client comes back with `Last-Event-ID`, to another
/// server. An error of the body cuts the connection without the stream's end, which clients take for a reason to
/// connect again; an ending that a client should understand is an event that the body sends. The stream of an identity that
/// is good no longer is cut in the same way, and its client is refused when it comes back.
package struct SSEResponse: ResponseGenerator, Sendable {
    /// What the body does: sends frames, and returns at the stream's end.
    package typealias Body = @Sendable (SSEWriter) async throws -> Void

    private let heartbeat: Duration
    private let heartbeatFrame: SSEFrame
    private let patience: Int
    private let retry: Duration?
    private let watchesClient: Bool
    private let clock: any Clock<Duration>
    private let body: Body

    /// - Parameters:
    ///   - heartbeat: 15 s, below the idle time-outs of the usual proxies (nginx and AWS: 60 s).
    ///   - heartbeatFrame: what is sent into silence: a comment, unless the stream's clients know an event for it.
    ///   - patience: heartbeats for which a write may wait for the client before the stream is closed: one minute in all.
    ///   - watchesClient: whether the body is cancelled at once when the client leaves. Watching uses up what would carry the
    ///     connection's next request, so the stream closes it. Without it a client that has left is found at the next write, and one
    ///     that stays sends its next request over the same connection.
    ///   - retry: how long a client waits before it connects again; its own default (3 s in browsers) when nil.
    package init(
        heartbeat: Duration = .seconds(15), heartbeatFrame: SSEFrame = .heartbeat, patience: Int = 4, watchesClient: Bool = true,
        retry: Duration? = nil, clock: any Clock<Duration> = ContinuousClock(), _ body: @escaping Body
    ) {
        self.heartbeat = heartbeat
        self.heartbeatFrame = heartbeatFrame
        self.patience = patience
        self.retry = retry
        self.watchesClient = watchesClient
        self.clock = clock
        self.body = body
    }

    package func response(from request: Request, context: some RequestContext) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/event-stream; charset=utf-8",
            .cacheControl: "no-cache, no-transform",
            .accelBuffering: "no",
        ]
        if watchesClient { headers[.connection] = "close" }
        let logger = context.logger
        let stream = self
        let hold = (context as? IdentifiedContext)?.hold
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                let writer = WriterTransfer(writer)
                do {
                    if watchesClient {
                        try await request.whileConnected { try await stream.run(writer, hold) }
                    } else {
                        try await stream.run(writer, hold)
                    }
                } catch let error where error is CancellationError || error is SSEClientGone {
                    logger.debug("An event stream's client left")
                    throw error
                } catch let error as IdentityEnded {
                    logger.info("An event stream was cut, for its token is good no longer")
                    throw error
                } catch let error as SSEStalled {
                    logger.info("An event stream was closed, for its client has stopped reading")
                    throw error
                } catch {
                    logger.warning("An event stream was cut short", metadata: ["error": "\(error)"])
                    throw error
                }
            })
    }

    private enum Part { case body, stopping, written }

    /// Body, heartbeat, the watch for shutdown and for the identity's end, and the writing are siblings: whichever fails ends the others.
    private func run(_ transfer: WriterTransfer, _ hold: IdentityHold?) async throws {
        let pipe = SSEPipe()
        try await withThrowingTaskGroup(of: Part.self) { group in
            group.addTask {
                do {
                    try await body(SSEWriter(pipe: pipe))
                } catch is CancellationError where !Task.isCancelled {
                    // Refused because the stream is being ended, which is no failure of the body.
                }
                // Only here: after a failure an end would be written, and the client would take it for one.
                pipe.end()
                return .body
            }
            group.addTask {
                var heartbeatBytes = ByteBuffer()
                heartbeatFrame.write(to: &heartbeatBytes)
                while true {
                    try await clock.sleep(for: heartbeat)
                    try pipe.pulse(heartbeat: heartbeatBytes, patience: patience)
                }
            }
            group.addTask {
                guard let hold, let watch = hold.watch else {
                    try await gracefulShutdown()
                    pipe.end()
                    return .stopping
                }
                // One task for both, for there are many idle streams.
                try await withGracefulShutdownHandler {
                    try await watch.end(of: hold.identity)
                } onGracefulShutdown: {
                    pipe.end()
                }
                throw IdentityEnded()
            }
            group.addTask {
                try await write(pipe, to: transfer.writer)
                return .written
            }
            while let part = try await group.next() {
                guard part == .written else { continue }
                // What is left only waits; how it ends says nothing about the stream.
                group.cancelAll()
                return
            }
        }
    }

    private func write(_ pipe: SSEPipe, to writer: consuming any ResponseBodyWriter) async throws {
        do {
            if let retry {
                var opening = ByteBuffer()
                SSEFrame(retry: retry).write(to: &opening)
                try await writer.write(opening)
            }
            while let buffer = try await pipe.take() {
                try await writer.write(buffer)
                pipe.wrote()
            }
            try await writer.finish(nil)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SSEClientGone()
        }
    }
}
