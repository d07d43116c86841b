import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Which of a connection's requests are answered on its event loop, and in which order. A value; ``FastPathHandler`` performs it.
///
///     open ──(head that fits)──▶ gathering ──(end)──▶ asked ──began──▶ answering ──answered──▶ open
///      ▲                             │                  │
///      └──── all is passed on ◀──────┴── too large, ────┘ declined
///                                        not whole in one read
///
/// Answers go out in the order of the requests: a request is gathered only while the server behind has none under way, and what comes
/// while one is answered here is held until then. On a connection that one of both sides has said it will close, nothing is begun here
/// any more: no answer would come of it.
struct FastPathMachine<Route> {
    /// What comes in over the connection, in order.
    enum Event {
        case part(HTTPRequestPart)
        /// The client has closed its side.
        case inputClosed
        case fault(any Error)
    }

    enum Action {
        /// To the server behind.
        case pass(Event)
        /// Everything that was gathered goes to the server behind: take it with ``handOver()``. Then comes the event that ended it.
        case handOver(then: Event)
        /// A request is whole: see whether it can be begun, and say ``began()``, or take it with ``handOver()``.
        case ask(Route, ByteBuffer)
        case nothing
    }

    private enum Phase { case open, gathering, asked, answering }

    private var phase = Phase.open
    /// Requests that the server behind has and has not answered to their end.
    private(set) var behind = 0
    private var isClosing = false
    private var head: HTTPRequest?
    private var route: Route?
    private var body = ByteBuffer()
    /// What came while a request was answered, as far as it has not been taken with ``next()``.
    private var held: CircularBuffer<Event> = []

    /// What came meanwhile waits; no more is to be read, or a client that does not wait for answers would fill the memory.
    var isFull: Bool { phase == .answering && !held.isEmpty }

    var isGathering: Bool { phase == .gathering }

    /// - Parameters:
    ///   - match: the route of a request that fits.
    ///   - limit: bytes of a body.
    mutating func received(_ event: Event, limit: Int, match: (HTTPRequest) -> Route?) -> Action {
        switch phase {
        case .open:
            guard case .part(.head(let request)) = event else { return .pass(event) }
            if behind == 0, !isClosing, let route = match(request) {
                (head, self.route) = (request, route)
                phase = .gathering
                return .nothing
            }
            behind += 1
            isClosing = isClosing || request.headerFields.closesConnection
            return .pass(event)
        case .gathering:
            switch event {
            case .part(.body(var bytes)) where body.readableBytes + bytes.readableBytes <= limit:
                if body.readableBytes == 0 { body = bytes } else { body.writeBuffer(&bytes) }
                return .nothing
            case .part(.end(nil)):
                guard let route else { break }
                phase = .asked
                return .ask(route, body)
            default: break
            }
            return .handOver(then: event)
        case .asked, .answering:
            held.append(event)
            return .nothing
        }
    }

    /// The request goes to the server behind after all: its parts, in order.
    mutating func handOver() -> [Event] {
        guard let head else { return [] }
        var events: [Event] = [.part(.head(head))]
        if body.readableBytes > 0 { events.append(.part(.body(body))) }
        if phase == .asked { events.append(.part(.end(nil))) }
        behind += 1
        reset(to: .open)
        return events
    }

    mutating func began() { reset(to: .answering) }

    mutating func answered() { phase = .open }

    /// The next of what came meanwhile, once the answer is out.
    mutating func next() -> Event? { phase == .answering ? nil : held.popFirst() }

    /// The server behind has begun an answer.
    mutating func responseBegan(_ response: HTTPResponse) {
        isClosing = isClosing || response.headerFields.closesConnection
    }

    /// The server behind has written the end of an answer.
    mutating func responseEnded() { behind -= 1 }

    private mutating func reset(to phase: Phase) {
        self.phase = phase
        head = nil
        route = nil
        body = ByteBuffer()
    }
}

extension HTTPFields {
    fileprivate var closesConnection: Bool {
        self[values: .connection].contains { value in
            value.split(separator: ",").contains { $0.filter { $0 != " " && $0 != "\t" }.lowercased() == "close" }
        }
    }
}
