import NIOCore

/// The channel's last handler: bytes to replies, channel events to the link. It decides nothing.
///
/// It is attached when the link takes its channel: while a name with several addresses is tried, more than one channel may open, and
/// those not chosen must not speak for the link. It is detached as soon as the link gives the channel up.
final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let reader: ReplyReader
    private var link: Link?
    private var failure: (any Error)?

    init() throws(RedisError) {
        self.reader = try ReplyReader()
    }

    func attach(_ link: Link) {
        self.link = link
    }

    func detach() {
        link = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard link != nil else { return }
        do {
            try reader.read(unwrapInboundIn(data)) { reply in
                // The link may be given up by what a reply causes, in the middle of the bytes.
                link?.replied(reply)
                return link != nil
            }
        } catch {
            link?.failed(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        link?.readCompleted()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        link?.writabilityChanged(isWritable: context.channel.isWritable)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The first error is the cause; those that follow are about closing.
        if failure == nil { failure = error }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let cause = failure.map { "\($0)" } ?? "the server closed it"
        link?.failed(RedisError(.connection, "the connection broke: \(cause)"))
    }
}
