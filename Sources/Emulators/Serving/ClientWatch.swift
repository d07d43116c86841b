import NIOCore

/// Notices that a connection's client has left while an answer is under way: it closed its side, or the connection broke.
///
/// A handler of the connection and not a reader of its requests (as event streams of the ingress have it): that would use up the
/// connection, and providers keep theirs for the next request.
final class ClientWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    /// Of the request that is being answered.
    private var departure: Departure?
    private var hasLeft = false

    /// From now on a client that leaves does so from this request.
    static func follow(_ channel: any Channel, _ departure: Departure) async {
        do {
            try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: ClientWatch.self).follow(departure)
            }.get()
        } catch {
            // The pipeline of a connection that is gone has no handlers.
            departure.happened(.clientLeft)
        }
    }

    private func follow(_ departure: Departure) {
        self.departure = departure
        if hasLeft { departure.happened(.clientLeft) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        hasLeft = true
        departure?.happened(.clientLeft)
        departure = nil
    }
}
