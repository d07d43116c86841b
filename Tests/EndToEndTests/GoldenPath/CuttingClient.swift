import Foundation
import NIOCore
import NIOPosix
import TestSupport

/// A client of event streams whose connection breaks at a byte of one's choice.
struct CuttingClient: Sendable {
    let port: Int
    let token: String

    /// Where a connection breaks: behind so many frames with an id, and so many bytes of what follows them on the wire.
    struct Cut: Sendable {
        var events: Int
        var bytes: Int
    }

    /// Reads until the cut, or to the stream's end without one.
    ///
    /// - Returns: The frames with an id that came whole, each with the empty line that ends it.
    func read(_ run: String, after cursor: String? = nil, cut: Cut? = nil) async throws -> [String] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        var lines = ["GET /v1/runs/\(run)/events HTTP/1.1", "Host: test", "Authorization: Bearer \(token)", "Connection: close"]
        if let cursor { lines.append("Last-Event-ID: \(cursor)") }
        let request = ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
        let answer = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(request)
            var scanner = Scanner(cut)
            var answer: [UInt8] = []
            for try await buffer in inbound {
                answer += scanner.taken(of: buffer)
                // Leaving closes the connection; what the system has received beyond this is thrown away, and the server hears of it.
                if scanner.isCut { break }
            }
            return answer
        }
        return try Self.frames(of: answer)
    }

    /// Counts what it lets pass.
    private struct Scanner {
        private var events: Int
        private var bytes: Int
        private let cuts: Bool
        private var line: [UInt8] = []
        private var isEvent = false

        init(_ cut: Cut?) {
            events = cut?.events ?? 0
            bytes = cut?.bytes ?? 0
            cuts = cut != nil
        }

        var isCut: Bool { cuts && events <= 0 && bytes <= 0 }

        mutating func taken(of buffer: ByteBuffer) -> [UInt8] {
            var taken: [UInt8] = []
            for byte in buffer.readableBytesView {
                if isCut { break }
                taken.append(byte)
                guard cuts else { continue }
                if events <= 0 {
                    bytes -= 1
                } else if byte == UInt8(ascii: "\n") {
                    // An empty line ends a frame. Lines of the head and of chunks end with CR LF and are no empty ones.
                    if line.isEmpty, isEvent { events -= 1 }
                    isEvent = line.isEmpty ? false : isEvent || line.starts(with: Array("id: ".utf8))
                    line = []
                } else {
                    line.append(byte)
                }
            }
            return taken
        }
    }

    // MARK: The answer

    private static func frames(of answer: [UInt8]) throws -> [String] {
        let mark = Array("\r\n\r\n".utf8)
        guard let head = answer.indices.first(where: { answer[$0...].starts(with: mark) }) else { return [] }
        let words = String(decoding: answer[..<head], as: UTF8.self)
        guard words.hasPrefix("HTTP/1.1 200 ") else { throw TestSupportError("events were answered \(words)") }
        guard words.lowercased().contains("transfer-encoding: chunked") else { throw TestSupportError("a stream that is not in chunks: \(words)") }
        let body = String(decoding: Self.body(of: answer[(head + mark.count)...]), as: UTF8.self)
        // What follows the last empty line is no frame.
        return body.components(separatedBy: "\n\n").dropLast().filter { $0.hasPrefix("id: ") }.map { $0 + "\n\n" }
    }

    /// The content of chunks, of which the last may be cut anywhere.
    private static func body(of chunks: ArraySlice<UInt8>) -> [UInt8] {
        var body: [UInt8] = []
        var rest = chunks
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let size = String(decoding: rest[rest.startIndex..<end], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard let count = Int(size, radix: 16), count > 0 else { break }
            rest = rest[(end + 1)...]
            body += rest.prefix(count)
            // Behind it a line end.
            rest = rest.dropFirst(count + 2)
        }
        return body
    }
}
