package import HummingbirdCore

extension HTTPServerBuilder {
    /// HTTP/1.1, each connection handled on its own event loop; see ``LoopChannel``.
    package static func http1OnLoops(_ configuration: HTTP1Channel.Configuration = .init()) -> HTTPServerBuilder {
        HTTPServerBuilder { LoopChannel(HTTP1Channel(responder: $0, configuration: configuration)) }
    }
}
