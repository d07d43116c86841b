import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// An answer that is an event stream: it goes on until its body returns, the client leaves, or the server stops.
///
/// While the body is silent a comment is sent each `heartbeat`, so that proxies keep the connection and a dead client is
/// found. When the server stops, a stream that can be resumed ends in order and the client comes back with `Last-Event-ID`, to another
/// server; any other is cut. An error of the body cuts the connection without the stream's end, which clients take for a reason to
/// connect again; an ending that a client should understand is an event that the body sends. The stream of an identity that
/// is good no longer is cut in the same way, and its client is refused when it comes back.
package struct SSEResponse: ResponseGenerator, Sendable {
    /// What the body does: sends frames, and returns at the stream's end.
    package typealias Body = @Sendable (SSEWriter) async throws -> Void

    private let heartbeats: SSEHeartbeats
    private let heartbeatFrame: SSEFrame
    private let patience: Int
    private let retry: Duration?
    private let watchesClient: Bool
    private let isResumable: Bool
    private let body: Body

    /// - Parameters:
    ///   - heartbeats: what beats for it.
    ///   - heartbeatFrame: what is sent into silence: a comment, unless the stream's clients know an event for it.
    ///   - patience: heartbeats for which a write may wait for the client before the stream is closed: one minute in all.
    ///   - watchesClient: whether the body is cancelled at once when the client leaves, or closes its side of the connection. Without it a
    ///     client that has left is found at the next write. On a server whose connections have no ``ClientPresence``, watching uses up what
    ///     would carry the connection's next request, so the stream closes it.
    ///   - isResumable: whether a client that finds the stream's end before it was told of one comes back for the rest. One that does not
    ///     would take what it has for the whole.
    ///   - retry: how long a client waits before it connects again; its own default (3 s in browsers) when nil.
    package init(
        heartbeats: SSEHeartbeats = .process, heartbeatFrame: SSEFrame = .heartbeat, patience: Int = 4, watchesClient: Bool = true,
        isResumable: Bool = true, retry: Duration? = nil, _ body: @escaping Body
    ) {
        self.heartbeats = heartbeats
        self.heartbeatFrame = heartbeatFrame
        self.patience = patience
        self.retry = retry
        self.watchesClient = watchesClient
        self.isResumable = isResumable
        self.body = body
    }

    package func response(from request: Request, context: some RequestContext) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/event-stream; charset=utf-8",
            .cacheControl: "no-cache, no-transform",
            .accelBuffering: "no",
        ]
        let connection = (context as? any ConnectedContext)?.channel
        let client = watchesClient ? connection.flatMap(ClientPresence.of) : nil
        let usesUp = watchesClient && client == nil
        if usesUp { headers[.connection] = "close" }
        let logger = context.logger
        let stream = self
        let hold = (context as? IdentifiedContext)?.hold
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                let (writer, pipe) = (WriterTransfer(writer), SSEPipe())
                do {
                    if usesUp {
                        try await request.whileConnected { try await stream.run(pipe, writer, hold, client, connection) }
                    } else {
                        try await stream.run(pipe, writer, hold, client, connection)
                    }
                } catch {
                    // A connection that is closed for it looks like a client that has left.
                    let cause = pipe.failure ?? error
                    Self.log(cause, logger)
                    throw cause
                }
            })
    }

    private static func log(_ error: any Error, _ logger: Logger) {
        switch error {
        case is CancellationError, is SSEClientGone: logger.debug("An event stream's client left")
        case is SSEServerStopping: logger.info("An event stream was cut, for the server stops")
        case is IdentityEnded: logger.info("An event stream was cut, for its token is good no longer")
        case is SSEStalled: logger.info("An event stream was closed, for its client has stopped reading")
        default: logger.warning("An event stream was cut short", metadata: ["error": "\(error)"])
        }
    }

    /// Writes what the body sends until one of them, the client, the server or the identity comes to its end.
    ///
    /// This task writes, and the body has one of its own. Everything else that may happen to the stream is a call from outside and no task
    /// that waits for it: streams are many, most of them idle, and a task costs kilobytes.
    private func run(
        _ pipe: SSEPipe, _ transfer: WriterTransfer, _ hold: IdentityHold?, _ client: ClientPresence?, _ connection: (any Channel)?
    ) async throws {
        let cut: @Sendable (any Error) -> Void = { error in
            // A write that waits for the client to read hears of nothing else.
            if pipe.fail(error) { connection?.close(promise: nil) }
        }
        let leaving = client?.onLeaving { cut(SSEClientGone()) }
        let ending = hold.flatMap { hold in hold.watch?.onEnd(of: hold.identity) { cut(IdentityEnded()) } }
        var heartbeat = ByteBuffer()
        heartbeatFrame.write(to: &heartbeat)
        let beating = heartbeats.add { [heartbeat] in
            do { try pipe.pulse(heartbeat: heartbeat, patience: patience) } catch { cut(error) }
        }
        defer {
            heartbeats.remove(beating)
            if let leaving { client?.forget(leaving) }
            if let ending, let hold { hold.watch?.forget(ending, of: hold.identity) }
        }
        try await withGracefulShutdownHandler {
            // Cancelled and awaited at the end of this scope. What is left of it only waits; how it ends says nothing about the stream.
            async let _ = fill(pipe, cut)
            try await write(pipe, to: transfer.writer)
        } onGracefulShutdown: {
            if isResumable { pipe.end() } else { cut(SSEServerStopping()) }
        }
    }

    private func fill(_ pipe: SSEPipe, _ cut: @Sendable (any Error) -> Void) async {
        do {
            try await body(SSEWriter(pipe: pipe))
            pipe.end()
        } catch is CancellationError where pipe.hasEnded {
            // Refused because the stream is being ended, which is no failure of the body.
        } catch {
            // Not its end, which the client would take for one.
            cut(error)
        }
    }

    private func write(_ pipe: SSEPipe, to writer: consuming any ResponseBodyWriter) async throws {
        do {
            if let retry {
                var opening = ByteBuffer()
                SSEFrame(retry: retry).write(to: &opening)
                pipe.frames(true)
                try await writer.write(opening)
                pipe.frames(false)
            }
            while let buffer = try await pipe.take() {
                try await writer.write(buffer)
                pipe.wrote()
            }
            try await writer.finish(nil)
            // From here on the connection may carry the next request.
            pipe.frames(false)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SSEClientGone()
        }
    }
}
