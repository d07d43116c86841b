import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Redis

/// A server that says only what the test tells it to, byte by byte: for moments that a real one does not offer at will.
///
/// The greeting is answered by itself with OK, unless the test answers it (`greets` false). Everything else comes out of ``next()``.
final class FakeServer: Sendable {
    struct Received: Sendable, Equatable {
        /// Connections are counted from 1.
        let connection: Int
        let words: [String]
    }

    let socket: String
    private let listener: any Channel
    private let peers: Peers
    private let stream: AsyncStream<Received>

    var url: String { "unix://\(socket)" }

    static func with<R: Sendable>(greets: Bool = true, _ body: (FakeServer) async throws -> R) async throws -> R {
        let server = try await FakeServer(greets: greets)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    private init(greets: Bool) async throws {
        let socket = try TestFolder.make("fake") + "/s"
        let (stream, continuation) = AsyncStream.makeStream(of: Received.self)
        let peers = Peers(continuation)
        self.socket = socket
        self.stream = stream
        self.peers = peers
        self.listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = peers.add(channel)
                    try channel.pipeline.syncOperations.addHandler(FakeServerHandler(number, peers, greets: greets))
                }
            }
            .bind(unixDomainSocketPath: socket).get()
    }

    private func stop() async {
        peers.closeAll()
        try? await listener.close()
    }

    /// The next command that is not part of a greeting.
    func next() async throws -> Received {
        for await received in stream { return received }
        throw TestSupportError("the fake server was stopped or the test cancelled")
    }

    /// Expects the next command to be this one, on that connection if one is given.
    func receives(_ words: [String], on connection: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let received = try await next()
        #expect(received == Received(connection: connection ?? received.connection, words: words), sourceLocation: sourceLocation)
    }

    /// Sends raw bytes to a connection.
    func say(_ text: String, to connection: Int = 1) {
        peers.channel(connection)?.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// Closes a connection as a dying server does.
    func hangUp(_ connection: Int) {
        peers.channel(connection)?.close(promise: nil)
    }

    /// Returns when the client has made and closed that connection.
    func closed(_ connection: Int) async throws {
        try await eventually("connection \(connection)") { connectionCount >= connection }
        try await peers.channel(connection)?.closeFuture.get()
    }

    var connectionCount: Int { peers.count }
}

/// The fake server's connections, by number.
final class Peers: Sendable {
    private let channels = Mutex<[any Channel]>([])
    let received: AsyncStream<FakeServer.Received>.Continuation

    init(_ received: AsyncStream<FakeServer.Received>.Continuation) {
        self.received = received
    }

    var count: Int { channels.withLock { $0.count } }

    func add(_ channel: any Channel) -> Int {
        channels.withLock {
            $0.append(channel)
            return $0.count
        }
    }

    func channel(_ number: Int) -> (any Channel)? {
        channels.withLock { $0.indices.contains(number - 1) ? $0[number - 1] : nil }
    }

    func closeAll() {
        for channel in channels.withLock({ $0 }) { channel.close(promise: nil) }
    }
}

/// Commands are arrays of bulk strings, so the reader of replies reads them too.
private final class FakeServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let number: Int
    private let peers: Peers
    private let greets: Bool
    private var isGreeted = false
    private let reader: ReplyReader

    init(_ number: Int, _ peers: Peers, greets: Bool) throws {
        self.number = number
        self.peers = peers
        self.greets = greets
        self.reader = try ReplyReader()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try reader.read(unwrapInboundIn(data)) { command in
                received((command.array ?? []).map { $0.string ?? "(not text)" }, context)
                return true
            }
        } catch {
            context.close(promise: nil)
        }
    }

    private func received(_ words: [String], _ context: ChannelHandlerContext) {
        guard greets, !isGreeted else {
            peers.received.yield(FakeServer.Received(connection: number, words: words))
            return
        }
        isGreeted = words == ["PING"]
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: isGreeted ? "+PONG\r\n" : "+OK\r\n")), promise: nil)
    }
}
