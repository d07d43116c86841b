package import NIOCore

/// Writes to one client's event stream.
///
/// `send` waits while the client reads slowly and throws `CancellationError` once it is gone: a producer that simply
/// goes on sending ends by itself.
package struct SSEWriter: Sendable {
    private let pipe: SSEPipe

    init(pipe: SSEPipe) {
        self.pipe = pipe
    }

    /// Sends a frame; returns when it has been handed to the connection.
    package func send(_ frame: SSEFrame) async throws {
        var buffer = ByteBuffer()
        frame.write(to: &buffer)
        try await pipe.send(buffer)
    }

    /// Sends several frames in one write: what was waiting is cheaper so.
    package func send(_ frames: [SSEFrame]) async throws {
        guard !frames.isEmpty else { return }
        var buffer = ByteBuffer()
        for frame in frames { frame.write(to: &buffer) }
        try await pipe.send(buffer)
    }

    /// Sends bytes that are framed already.
    package func send(framed buffer: ByteBuffer) async throws {
        try await pipe.send(buffer)
    }
}
