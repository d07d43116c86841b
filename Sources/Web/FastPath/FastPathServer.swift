package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTPTypes

/// Hummingbird's server for HTTP/1.1, with a ``FastPath`` in each of its connections.
package struct FastPathServer: ServerChildChannel {
    private let server: HTTP1Channel
    private let path: FastPath

    /// - Parameter configuration: as of `HTTPServerBuilder.http1(configuration:)`.
    package static func builder(_ path: FastPath, configuration: HTTP1Channel.Configuration) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            FastPathServer(server: HTTP1Channel(responder: responder, configuration: configuration), path: path)
        }
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        server.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            // Behind it: what is answered here counts as a request, for idle time-outs and for the server's end.
            let counter = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            try pipeline.addHandler(FastPathHandler(path), position: .after(counter))
            return value
        }
    }

    package func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await server.handle(value: value, logger: logger)
    }
}
