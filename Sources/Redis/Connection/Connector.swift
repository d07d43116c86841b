import NIOCore
import NIOPosix
import NIOSSL

/// Opens a socket to the configured address, with TLS in front if asked for.
struct Connector: Sendable {
    let configuration: RedisConfiguration
    /// Where to connect; nil for the configured address.
    let place: (@Sendable () -> RedisConfiguration.Address)?
    let eventLoop: any EventLoop

    /// Opens a channel whose last handler is a ``ReplyHandler``.
    func open() -> EventLoopFuture<any Channel> {
        let address = place?() ?? configuration.address
        return securityContext().flatMap { [self] context in
            let bootstrap = ClientBootstrap(group: eventLoop)
                .connectTimeout(TimeAmount(configuration.connectTimeout))
                // Replies to batches run to 100 KB and more: fewer, larger reads.
                .channelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2_048, initial: 16_384, maximum: 262_144))
                // Above the high mark requests wait on our side, where they survive the loss of the connection.
                .channelOption(.writeBufferWaterMark, value: .init(low: 262_144, high: 1_048_576))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let context {
                            try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: Self.serverName(of: address)))
                        }
                        try pipeline.addHandler(ReplyHandler())
                    }
                }
            switch address {
            case .tcp(let host, let port):
                return
                    bootstrap
                    .channelOption(.socketOption(.so_keepalive), value: 1)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port)
            case .unix(let path):
                return bootstrap.connect(unixDomainSocketPath: path)
            }
        }
    }

    /// Made anew for each attempt: connecting is rare, and a renewed authority file is then seen without a restart. On a thread
    /// of NIO's pool, because it reads files.
    private func securityContext() -> EventLoopFuture<NIOSSLContext?> {
        guard let tls = configuration.tls else { return eventLoop.makeSucceededFuture(nil) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            var settings = TLSConfiguration.makeClientConfiguration()
            if let file = tls.authorityFile { settings.trustRoots = .file(file) }
            if tls.isInsecure { settings.certificateVerification = .none }
            do {
                return try NIOSSLContext(configuration: settings)
            } catch {
                let source = tls.authorityFile.map { "the authorities in \($0)" } ?? "the system's authorities"
                throw RedisError(.configuration, "TLS cannot be set up with \(source): \(error)")
            }
        }
    }

    /// The name for the certificate; an address has none, and TLS forbids to send one in its place.
    private static func serverName(of address: RedisConfiguration.Address) -> String? {
        guard case .tcp(let host, _) = address, (try? SocketAddress(ipAddress: host, port: 0)) == nil else { return nil }
        return host
    }
}
