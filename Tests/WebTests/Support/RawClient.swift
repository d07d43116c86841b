import NIOCore
import NIOPosix

/// A client that writes and reads bytes, to be as unpolite as it likes.
struct RawClient: Sendable {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects, runs `body`, closes.
    /// - Parameter halfCloses: `outbound.finish()` closes the client's side and no more.
    static func run<R: Sendable>(
        port: Int, halfCloses: Bool = false,
        _ body: @Sendable (inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws -> R
    ) async throws -> R {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 * 1024)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(
                            backPressureStrategy: .init(lowWatermark: 1, highWatermark: 2), isOutboundHalfClosureEnabled: halfCloses))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            return try await body(&iterator, outbound)
        }
    }

    /// A request's bytes.
    static func request(_ method: String, _ path: String, headers: [String] = [], body: String = "") -> ByteBuffer {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: test"] + headers
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }
}

extension NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator {
    /// Everything up to and with `mark`, or up to the end.
    mutating func read(through mark: String) async throws -> String {
        var text = ""
        while !text.contains(mark), let buffer = try await next() { text += String(buffer: buffer) }
        return text
    }

    /// Everything up to the end.
    mutating func readAll() async throws -> String {
        var text = ""
        while let buffer = try await next() { text += String(buffer: buffer) }
        return text
    }

    /// Everything up to the end, or to a cut: the server may close by reset, which is as good.
    mutating func readToCut() async -> String {
        var text = ""
        do { while let buffer = try await next() { text += String(buffer: buffer) } } catch {}
        return text
    }
}
