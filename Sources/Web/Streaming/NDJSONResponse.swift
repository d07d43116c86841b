import HTTPTypes
package import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Answers a body of lines by a body of lines: each line of the request is dealt with as it comes, and answered by one line, in the
/// same order, while the rest is still being sent.
///
/// A line's error is its own answer, and the others go on. Lines are dealt with together, up to a bound; beyond it the client waits,
/// by its connection. What was answered is done, also when the body breaks off after it; a body that does so, or a server that
/// stops, is told by a last answer, for the first line that was not read. Once whose they are is good no longer, no line is begun: those
/// that were read are answered 401, and so is the first that was not. A client that stops reading or sending for a minute is not
/// waited for.
///
/// - Important: a client reads while it sends. One that sends it all before it reads gets into a deadlock, with a body of more lines
///   than its connection can hold the answers of, some ten thousand, and is cut off.
package struct NDJSONResponse: ResponseGenerator, Sendable {
    /// Finds the answer to one line. What it throws is that line's problem.
    package typealias Handle = @Sendable (NDJSONLine) async throws -> NDJSONAnswer

    private let limits: NDJSONExchange.Limits
    private let problems: ProblemTable
    private let hold: IdentityHold
    private let patience: Duration
    private let clock: any Clock<Duration>
    private let handle: Handle

    /// Pulses within the patience.
    private static let pulses = 4

    /// - Parameters:
    ///   - lineLimit: bytes of a line; a longer one is answered 413.
    ///   - inFlight: lines at once: as many as a group commit gathers.
    ///   - patience: how long a client may be quiet.
    package init(
        in context: IdentifiedContext, lineLimit: Int = BodyLimit.line, inFlight: Int = 500, patience: Duration = .seconds(60),
        clock: any Clock<Duration> = ContinuousClock(), _ handle: @escaping Handle
    ) {
        self.limits = NDJSONExchange.Limits(line: lineLimit, inFlight: inFlight)
        self.problems = context.problems
        self.hold = context.hold
        self.patience = patience
        self.clock = clock
        self.handle = handle
    }

    package func response(from request: Request, context: some RequestContext) -> Response {
        let headers: HTTPFields = [.contentType: NDJSON.contentType, .cacheControl: "no-store", .accelBuffering: "no"]
        let logger = context.logger
        let announced = request.headers[.contentLength].flatMap { Int($0) }
        let exchange = self
        return Response(
            status: .ok, headers: headers,
            body: .init { writer in
                let wire = Wire(body: request.body, announced: announced, writer: writer)
                do {
                    try await exchange.run(on: wire, logger)
                } catch let error where error is CancellationError || error is ClientGone {
                    logger.debug("The client of a body of lines left")
                    throw error
                } catch {
                    logger.info("A body of lines was cut off", metadata: ["error": "\(error)"])
                    throw error
                }
            })
    }

    private enum Event: Sendable {
        /// Nil at the body's end.
        case read(ByteBuffer?)
        case brokeOff
        case answered(slot: Int, ByteBuffer)
        case wrote
        case pulse
        case stopping
        /// Whose the lines are is good no longer.
        case ended
    }

    private func run(on wire: Wire, _ logger: Logger) async throws {
        try await withThrowingTaskGroup(of: Event.self) { group in
            var machine = NDJSONExchange(limits: limits)
            var beats = 0
            group.addTask { try await pulse() }
            group.addTask {
                try await gracefulShutdown()
                return .stopping
            }
            if let watch = hold.watch {
                group.addTask {
                    try await watch.end(of: hold.identity)
                    return .ended
                }
            }
            while true {
                for action in machine.next() {
                    switch action {
                    case .read:
                        group.addTask { try await read(from: wire) }
                    case .handle(let piece, let slot):
                        group.addTask { .answered(slot: slot, await answer(piece, logger)) }
                    case .write(let buffer):
                        group.addTask {
                            try await wire.write(buffer)
                            return .wrote
                        }
                    case .finish:
                        try await wire.finish()
                        logger.debug("A body of lines was answered", metadata: ["lines": "\(machine.lines)"])
                        // What is left only waits.
                        group.cancelAll()
                        return
                    }
                }
                switch try await group.next() {
                case .read(let chunk?)?: machine.received(chunk)
                case .read(.none)?: machine.ended()
                case .brokeOff?: machine.stopped(.badRequest("The body broke off in this line or before it; what follows was not read."))
                case .answered(let slot, let bytes)?: machine.answered(slot: slot, bytes)
                case .wrote?: machine.wrote()
                case .stopping?:
                    machine.stopped(.unavailable("The server is stopping; from this line on nothing was read. Send it to another one."))
                case .ended?: machine.refused(.unauthorized(.ended))
                case .pulse?:
                    beats += 1
                    // Whoever goes on for ever would stay with one server for ever.
                    if beats >= Self.pulses * Self.longest { machine.stopped(Self.long) }
                    switch machine.pulse(patience: Self.pulses) {
                    case .stalled?: throw ClientStalled()
                    case .silent?: machine.stopped(Self.silence)
                    case nil: break
                    }
                    group.addTask { try await pulse() }
                case nil: return
                }
            }
        }
    }

    private static let silence = Problem(
        .requestTimeout, name: "slow-body", title: "The body took too long", detail: "Nothing came for too long; from this line on nothing was read.")

    /// How many times its patience an exchange may last: ten minutes.
    private static let longest = 10
    private static let long = Problem.unavailable(
        "A request lasts ten minutes at the most; from this line on nothing was read. Send the rest in another one.")

    private func pulse() async throws -> Event {
        try await clock.sleep(for: patience / Self.pulses)
        return .pulse
    }

    private func read(from wire: Wire) async throws -> Event {
        do {
            return .read(try await wire.read())
        } catch let error as CancellationError {
            throw error
        } catch {
            return .brokeOff
        }
    }

    private func answer(_ piece: NDJSONSplitter.Piece, _ logger: Logger) async -> ByteBuffer {
        do {
            switch piece {
            case .line(let line): return try await handle(line).bytes(line: line.number)
            case .tooLong:
                throw Problem(
                    .contentTooLarge, name: "too-large", title: "The line is too large", detail: "A line has at most \(limits.line) bytes.",
                    extensions: [.init("limit", .integer(Int64(limits.line)))])
            case .unread(_, let problem): throw problem
            }
        } catch {
            let problem = problems.problem(for: error) ?? .internalError
            logger.log(
                level: problem.status.code == 500 ? .error : .debug, "A line was refused",
                metadata: ["line": "\(piece.number)", "status": "\(problem.status.code)", "error": "\(error)"])
            return NDJSONAnswer(problem).bytes(line: piece.number)
        }
    }
}

/// The connection of one exchange.
///
/// Unchecked: the machine has at most one read and one write under way, each with a part of its own.
private final class Wire: @unchecked Sendable {
    private var iterator: RequestBody.AsyncIterator
    private var left: Int?
    private var writer: any ResponseBodyWriter

    /// - Parameter announced: bytes that the body is said to have; nil when it says so itself at its end.
    init(body: RequestBody, announced: Int?, writer: any ResponseBodyWriter) {
        iterator = body.makeAsyncIterator()
        left = announced
        self.writer = writer
    }

    /// Nil at the body's end.
    /// - Throws: when it broke off before.
    func read() async throws -> ByteBuffer? {
        guard let chunk = try await iterator.next() else {
            // Hummingbird ends the body quietly when the connection closes.
            if let left, left > 0 { throw BrokenOff() }
            return nil
        }
        left = left.map { $0 - chunk.readableBytes }
        return chunk
    }

    func write(_ buffer: ByteBuffer) async throws {
        do {
            try await writer.write(buffer)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ClientGone()
        }
    }

    func finish() async throws {
        do {
            try await writer.finish(nil)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ClientGone()
        }
    }
}

/// The body ended before it was all there.
private struct BrokenOff: Error {}

/// The connection took no more bytes.
private struct ClientGone: Error {}

/// The client has not read for so long that it is not waited for.
private struct ClientStalled: Error, CustomStringConvertible {
    var description: String { "the client does not read its answers" }
}
