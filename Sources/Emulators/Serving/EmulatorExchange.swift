import Hummingbird
import NIOCore
import Web

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The shell around one answer: it sleeps, writes and closes as the course says, and tells the book how that ended.
struct EmulatorExchange: Sendable {
    let channel: any Channel
    let clock: any Clock<Duration>
    let departure: Departure
    let book: RequestBook
    let number: Int

    /// How a body ends.
    private enum End: Sendable { case finish, reset, hold }

    /// Thrown to close a connection that must not end in order.
    private struct ConnectionReset: Error {}

    // MARK: Head

    /// Waits for the moment of the answer's head; for ever when `wait` is nil.
    ///
    /// - Throws: `Departure.Reason`, `CancellationError`.
    func reachHead(after wait: Duration?) async throws {
        do {
            guard let wait else { throw await departure.wait() }
            guard wait > .zero else { return }
            let clock = clock
            try await departure.interrupting { try await clock.sleep(for: wait) }
        } catch {
            throw told(error)
        }
    }

    /// An answer in one piece.
    func whole(_ head: Response, _ bytes: ByteBuffer, isReset: Bool) -> Response {
        let exchange = self
        let size = bytes.readableBytes
        var response = head
        response.body = ResponseBody(contentLength: size) { writer in
            do {
                var rest = bytes
                let part = rest.readSlice(length: isReset ? size / 2 : size) ?? ByteBuffer()
                try await writer.write(part)
                guard isReset else {
                    try await writer.finish(nil)
                    return exchange.book.ended(exchange.number, as: .finished)
                }
            } catch {
                throw exchange.told(error)
            }
            throw await exchange.reset()
        }
        return response
    }

    // MARK: Stream

    /// An answer that is a stream.
    func stream(_ head: Response, _ acts: [EmulatorAct], _ wire: EmulatorWire, writer eventWriter: any EmulatorWriter) -> Response {
        answer(head) { writer in try await perform(acts, wire, eventWriter, to: writer, on: self.clock) }
    }

    /// An answer whose body `tell` writes, and whose connection ends as it says.
    private func answer(_ head: Response, _ tell: @escaping @Sendable (any ResponseBodyWriter) async throws -> End) -> Response {
        var response = head
        response.body = ResponseBody { writer in
            let transfer = WriterTransfer(writer)
            let end: End
            do {
                end = try await departure.interrupting { try await tell(transfer.writer) }
                if end == .hold { throw await departure.wait() }
            } catch {
                throw told(error)
            }
            guard end == .reset else { return book.ended(number, as: .finished) }
            throw await reset()
        }
        return response
    }

    /// Waits are counted from the beginning, so that what writing costs does not add up over a stream.
    private func perform(
        _ acts: [EmulatorAct], _ wire: EmulatorWire, _ eventWriter: any EmulatorWriter, to given: any ResponseBodyWriter,
        on clock: some Clock<Duration>
    ) async throws -> End {
        var writer = given
        var events = eventWriter
        var splitter = ByteSplitter(wire)
        var buffer = ByteBuffer()
        let start = clock.now
        var due = Duration.zero
        for act in acts {
            switch act {
            case .wait(let time):
                due += time
                try await clock.sleep(until: start.advanced(by: due), tolerance: nil)
                continue
            case .finish:
                try await writer.finish(nil)
                return .finish
            case .reset: return .reset
            case .hold: return .hold
            case .say(let step):
                buffer.clear()
                events.write(step, to: &buffer)
            case .sayHalf(let step):
                buffer.clear()
                events.write(step, to: &buffer)
                buffer.moveWriterIndex(to: buffer.writerIndex / 2)
            }
            for (index, part) in splitter.split(buffer).enumerated() {
                if index > 0, wire.splitGap > .zero {
                    due += wire.splitGap
                    try await clock.sleep(until: start.advanced(by: due), tolerance: nil)
                }
                try await writer.write(part)
            }
        }
        return .finish
    }

    /// The events of a kept Response behind a number, those that are still to come as they come.
    ///
    /// - Parameter ending: How the connection ends, behind so many pieces of the answer; the Response itself goes on.
    func follow(_ head: Response, _ kept: KeptResponse, after number: Int, ending: EmulatorEnding) -> Response {
        answer(head) { writer in try await tell(kept, after: number, ending, to: writer) }
    }

    private func tell(_ kept: KeptResponse, after number: Int, _ ending: EmulatorEnding, to given: any ResponseBodyWriter) async throws -> End {
        var writer = given
        let isCut = [.reset, .withoutFinish, .hang].contains(ending.kind)
        for await piece in kept.pieces(after: number) {
            if isCut, piece.said > ending.after ?? .max {
                if ending.kind == .hang { return .hold }
                guard ending.kind == .reset else { break }
                try await writer.write(piece.bytes.getSlice(at: piece.bytes.readerIndex, length: piece.bytes.readableBytes / 2) ?? ByteBuffer())
                return .reset
            }
            try await writer.write(piece.bytes)
        }
        try Task.checkCancellation()
        if ending.kind == .open { return .hold }
        try await writer.finish(nil)
        return .finish
    }

    // MARK: Ends

    /// Resets the connection: what the client has not read yet may be lost, as when a server dies.
    private func reset() async -> any Error {
        if let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try? await channel.close()
        book.ended(number, as: .reset)
        return ConnectionReset()
    }

    /// Notes why an answer was not finished. A write fails because its client has gone.
    private func told(_ error: any Error) -> any Error {
        switch error {
        case Departure.Reason.serverStops, is CancellationError: book.ended(number, as: .stopped)
        default: book.ended(number, as: .clientLeft)
        }
        return error
    }
}
