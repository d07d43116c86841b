import NIOCore
import Synchronization
import Web

/// A Response that was asked for in the background: it is made whether somebody reads it or not, and its events are kept by their numbers.
final class KeptResponse: Sendable {
    /// An event, or what stands between two of them.
    struct Piece: Sendable {
        /// Its `sequence_number`.
        let number: Int
        /// Pieces of the answer that were said with it and before it.
        let said: Int
        let bytes: ByteBuffer
    }

    private struct Follower {
        let number: Int
        let feed: AsyncStream<Piece>.Continuation
    }

    private struct Content {
        var pieces: [Piece] = []
        var document: JSONValue
        var isOver = false
        var followers: [Follower] = []
    }

    let identity: AnswerIdentity
    /// It was asked for as a stream: only such a one is streamed again.
    let isStreamed: Bool
    private let content: Mutex<Content>

    /// - Parameter document: The Response before anything of it is made.
    init(_ identity: AnswerIdentity, isStreamed: Bool, document: JSONValue) {
        self.identity = identity
        self.isStreamed = isStreamed
        content = Mutex(Content(document: document))
    }

    /// The Response as far as it has come.
    var document: JSONValue { content.withLock(\.document) }

    /// The events behind a number, those that come as they come; ends with the Response.
    func pieces(after number: Int) -> AsyncStream<Piece> {
        AsyncStream { feed in
            content.withLock { content in
                for piece in content.pieces where piece.number > number { feed.yield(piece) }
                if content.isOver { feed.finish() } else { content.followers.append(Follower(number: number, feed: feed)) }
            }
        }
    }

    /// Ends it where it is. One that is over stays as it is.
    func cancel() {
        end { document in document.with("status", "cancelled") }
    }

    // MARK: Making

    /// Makes it, in the time that the course takes.
    func make(_ acts: [EmulatorAct], _ eventWriter: ResponsesWriter, on clock: some Clock<Duration>) async {
        var writer = eventWriter
        var said = 0
        let start = clock.now
        var due = Duration.zero
        for act in acts {
            switch act {
            case .wait(let time):
                due += time
                guard (try? await clock.sleep(until: start.advanced(by: due), tolerance: nil)) != nil else { return }
            case .say(let step):
                if step.isPiece { said += 1 }
                add(step, &writer, said: said)
            // The ends of a connection are none of the Response.
            case .sayHalf, .finish, .reset, .hold: break
            }
        }
        end { $0 }
    }

    private func add(_ step: EmulatorStep, _ writer: inout ResponsesWriter, said: Int) {
        var buffer = ByteBuffer()
        let first = writer.sequence
        writer.write(step, to: &buffer)
        let last = max(first, writer.sequence - 1)
        let end = writer.events.end
        let parts = Array(buffer.readableBytesView).split(separator: end)
        let pieces = parts.enumerated().map { offset, part in
            Piece(number: min(first + offset, last), said: said, bytes: ByteBuffer(bytes: Array(part) + end))
        }
        let latest = writer.latest
        content.withLock { content in
            guard !content.isOver else { return }
            content.document = latest
            content.pieces += pieces
            for follower in content.followers {
                for piece in pieces where piece.number > follower.number { follower.feed.yield(piece) }
            }
        }
    }

    private func end(_ change: (JSONValue) -> JSONValue) {
        let followers: [Follower] = content.withLock { content in
            guard !content.isOver else { return [] }
            content.isOver = true
            content.document = change(content.document)
            defer { content.followers = [] }
            return content.followers
        }
        for follower in followers { follower.feed.finish() }
    }
}

extension EmulatorStep {
    /// A piece of the answer, and not what stands around it.
    fileprivate var isPiece: Bool {
        switch self {
        case .reasoning, .text, .refusal, .tool: true
        case .keepAlive, .begin, .finish, .usage, .done, .failure, .malformed, .frame: false
        }
    }
}

extension JSONValue {
    /// The object with another value of a member that it has.
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONValue {
        .object((members ?? []).map { $0.name == name ? JSONValue.Member(name, value) : $0 })
    }
}
