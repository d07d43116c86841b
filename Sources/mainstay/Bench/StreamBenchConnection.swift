import Emulators
import NIOCore
import NIOHTTP1
import NIOPosix

/// One of the two that are compared, and how it is asked.
struct StreamBenchTarget: Sendable {
    enum Side: String, Sendable {
        case direct, through
    }

    let side: Side
    /// On 127.0.0.1.
    let port: Int
    /// The emulator wants none.
    var token: String?

    func head(bodyLength: Int) -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "host": "127.0.0.1:\(port)", "content-type": "application/json", "content-length": "\(bodyLength)",
        ]
        if let token { headers.add(name: "authorization", value: "Bearer \(token)") }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: "/v1/chat/completions", headers: headers)
    }
}

/// A connection that is asked one question after the other. Its owner closes it.
struct StreamBenchConnection: Sendable {
    private let channel: any Channel
    private let target: StreamBenchTarget

    /// - Throws: `BenchFault.refused` when nobody answers there.
    static func open(to target: StreamBenchTarget, on loop: any EventLoop) async throws -> StreamBenchConnection {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(StreamBenchHandler())
                }
            }
        do {
            return StreamBenchConnection(channel: try await bootstrap.connect(host: "127.0.0.1", port: target.port).get(), target: target)
        } catch {
            throw BenchFault.refused("no connection to 127.0.0.1:\(target.port) (\(target.side.rawValue)): \(error)")
        }
    }

    /// False when the other side has ended it.
    var isOpen: Bool { channel.isActive }

    /// Asks, and returns when the answer has ended, whole or not. One that is cancelled, or takes longer than `patience`, is ended with
    /// its connection.
    func ask(_ body: ByteBuffer, patience: Duration) async throws -> StreamBenchAnswer {
        let answered = channel.eventLoop.makePromise(of: StreamBenchAnswer.self)
        let question = StreamBenchQuestion(
            head: target.head(bodyLength: body.readableBytes), body: body, patience: TimeAmount(patience), answered: answered)
        // Of a connection that has just been closed the handler is gone, and nobody else would keep the promise.
        channel.writeAndFlush(question).whenFailure { _ in answered.succeed(StreamBenchAnswer()) }
        return try await withTaskCancellationHandler {
            try await answered.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    func close() {
        channel.close(promise: nil)
    }
}

/// One request, and whoever waits for what it brings.
private struct StreamBenchQuestion: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    let patience: TimeAmount
    /// Always kept: by an answer that is lost when the connection breaks.
    let answered: EventLoopPromise<StreamBenchAnswer>
}

/// Asks over one connection, a question at a time, and takes the times where the bytes are: on the event loop, before anything waits
/// for a thread.
private final class StreamBenchHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = StreamBenchQuestion
    typealias OutboundOut = HTTPClientRequestPart

    private var reading: StreamBenchReading?
    private var answered: EventLoopPromise<StreamBenchAnswer>?
    private var deadline: Scheduled<Void>?
    private var staysOpen = true

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        reading = StreamBenchReading(asked: TokenStamp.now())
        answered = question.answered
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: question.patience) {
            self.reading?.giveUp()
            context.close(promise: nil)
        }
        context.write(wrapOutboundOut(.head(question.head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(question.body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            reading?.head(status: Int(head.status.code))
            staysOpen = head.isKeepAlive
        case .body(let bytes): reading?.body(bytes.readableBytesView, at: TokenStamp.now())
        case .end:
            // First, so that whoever gets the answer sees that the next one needs another connection.
            if !staysOpen { context.close(promise: nil) }
            finish()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What is broken is no answer; that it is not whole shows.
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish()
    }

    private func finish() {
        deadline?.cancel()
        deadline = nil
        let promise = answered
        answered = nil
        promise?.succeed(reading?.answer ?? StreamBenchAnswer())
        reading = nil
    }
}
