import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// The shell of ``FastPathMachine``: stands in a connection's pipeline right before the server, behind what counts its requests for
/// idle time-outs and for the end.
final class FastPathHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let path: FastPath
    private var machine = FastPathMachine<FastPath.Candidate>()
    private var context: ChannelHandlerContext?
    private var isReadHeld = false

    init(_ path: FastPath) {
        self.path = path
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { take(.part(unwrapInboundIn(data)), context) }

    func channelReadComplete(context: ChannelHandlerContext) {
        // What does not come at once may take its time, and for that the server has deadlines.
        if machine.isGathering { handOver(context) }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The server behind would end its side with it, and an answer of ours may be on its way.
        if let event = event as? ChannelEvent, event == .inputClosed { return take(.inputClosed, context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { take(.fault(error), context) }

    private func take(_ event: FastPathMachine<FastPath.Candidate>.Event, _ context: ChannelHandlerContext) {
        let action = machine.received(event, limit: FastRoute.bodyLimit) { head in
            // To a client that does not read its answers the server behind writes no more, and reads no more of what it sends. To one that is
            // gone nobody writes.
            context.channel.isActive && context.channel.isWritable ? path.candidate(head) : nil
        }
        switch action {
        case .nothing: break
        case .pass(let event): pass(event, context)
        case .handOver(let event):
            handOver(context)
            pass(event, context)
        case .ask(let candidate, let body):
            let ours = NIOLoopBound(self, eventLoop: context.eventLoop)
            let loop = context.eventLoop
            let isBegun = path.begin(candidate, body) { outcome in
                loop.execute { ours.value.answer(outcome) }
            }
            if isBegun { machine.began() } else { handOver(context) }
        }
    }

    private func handOver(_ context: ChannelHandlerContext) {
        for event in machine.handOver() { pass(event, context) }
    }

    private func pass(_ event: FastPathMachine<FastPath.Candidate>.Event, _ context: ChannelHandlerContext) {
        switch event {
        case .part(let part): context.fireChannelRead(wrapInboundOut(part))
        case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .fault(let error): context.fireErrorCaught(error)
        }
    }

    // MARK: Out

    func read(context: ChannelHandlerContext) {
        if machine.isFull { isReadHeld = true } else { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let response): machine.responseBegan(response)
        case .end: machine.responseEnded()
        case .body: break
        }
        context.write(data, promise: promise)
    }

    private func answer(_ outcome: FastPath.Outcome) {
        let answer = path.answer(outcome)
        // The connection is gone; the job is accepted all the same.
        guard let context else { return }
        context.write(wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: answer.headers))), promise: nil)
        context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        machine.answered()
        var hasPassed = false
        while let event = machine.next() {
            take(event, context)
            hasPassed = true
        }
        if hasPassed {
            if machine.isGathering { handOver(context) }
            context.fireChannelReadComplete()
        }
        if isReadHeld, !machine.isFull {
            isReadHeld = false
            context.read()
        }
    }
}
