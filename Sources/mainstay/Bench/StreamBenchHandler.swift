import Emulators
import NIOCore
import NIOHTTP1

/// One request, and whoever waits for what it brings.
struct StreamBenchQuestion: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    /// Always kept: by an answer that is lost when the connection breaks.
    let answered: EventLoopPromise<StreamBenchAnswer>
}

/// Asks over one connection, a question at a time, and takes the times where the bytes are: on the event loop, before anything waits
/// for a thread.
final class StreamBenchHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = StreamBenchQuestion
    typealias OutboundOut = HTTPClientRequestPart

    private var reading: StreamBenchReading?
    private var answered: EventLoopPromise<StreamBenchAnswer>?
    private var staysOpen = true

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        reading = StreamBenchReading(asked: TokenStamp.now())
        answered = question.answered
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
        let promise = answered
        answered = nil
        promise?.succeed(reading?.answer ?? StreamBenchAnswer())
        reading = nil
    }
}
