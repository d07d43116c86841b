import HTTPTypes
import NIOCore
import NIOHTTPTypes
import TestSupport
import Testing

@testable import Web

@Suite("Which requests are answered on their connection's event loop") struct FastPathMachineTests {
    private typealias Machine = FastPathMachine<String>

    private static func head(_ path: String) -> Machine.Event {
        .part(.head(HTTPRequest(method: .post, scheme: "http", authority: "test", path: path)))
    }
    private static func body(_ text: String) -> Machine.Event { .part(.body(ByteBuffer(string: text))) }
    private static let end = Machine.Event.part(.end(nil))

    /// What becomes of an event, in a word.
    private static func word(_ action: Machine.Action) -> String {
        switch action {
        case .pass(let event): "pass \(word(event))"
        case .handOver(let event): "hand over, then \(word(event))"
        case .ask(let route, let body): "ask \(route) \(String(buffer: body))"
        case .nothing: "-"
        }
    }

    private static func word(_ event: Machine.Event) -> String {
        switch event {
        case .part(.head(let head)): "head \(head.path ?? "")"
        case .part(.body(let bytes)): "body \(String(buffer: bytes))"
        case .part(.end(let trailers)): trailers == nil ? "end" : "trailers"
        case .inputClosed: "closed"
        case .fault: "fault"
        }
    }

    private static func take(_ event: Machine.Event, _ machine: inout Machine) -> String {
        word(machine.received(event, limit: 8) { $0.path == "/fast" ? "route" : nil })
    }

    @Test("a request that fits is asked for when it is whole, and the next one when it is answered")
    func fits() {
        var machine = Machine()
        #expect(Self.take(Self.head("/fast"), &machine) == "-")
        #expect(Self.take(Self.body("ab"), &machine) == "-")
        #expect(Self.take(Self.body("cd"), &machine) == "-")
        #expect(Self.take(Self.end, &machine) == "ask route abcd")
        machine.began()
        #expect(!machine.isFull)
        // The client does not wait, and then closes its side.
        for event in [Self.head("/fast"), Self.end, Machine.Event.inputClosed] { #expect(Self.take(event, &machine) == "-") }
        #expect(machine.isFull)
        #expect(machine.next() == nil)
        machine.answered()
        var words: [String] = []
        while let event = machine.next() {
            words.append(Self.take(event, &machine))
            if words.last?.hasPrefix("ask") == true { machine.began() }
        }
        #expect(words == ["-", "ask route "])
        machine.answered()
        #expect(machine.next().map { Self.take($0, &machine) } == "pass closed")
    }

    @Test("what is declined, too large, cut, or has trailers goes to the server behind, whole and in order")
    func handedOver() {
        var declined = Machine()
        for event in [Self.head("/fast"), Self.body("ab")] { _ = Self.take(event, &declined) }
        _ = Self.take(Self.end, &declined)
        #expect(declined.handOver().map(Self.word) == ["head /fast", "body ab", "end"])

        var large = Machine()
        for event in [Self.head("/fast"), Self.body("12345678")] { _ = Self.take(event, &large) }
        #expect(Self.take(Self.body("9"), &large) == "hand over, then body 9")
        #expect(large.handOver().map(Self.word) == ["head /fast", "body 12345678"])
        #expect(Self.take(Self.body("10"), &large) == "pass body 10")
        #expect(Self.take(Self.end, &large) == "pass end")

        var cut = Machine()
        _ = Self.take(Self.head("/fast"), &cut)
        #expect(cut.isGathering)
        #expect(cut.handOver().map(Self.word) == ["head /fast"])
        #expect(!cut.isGathering)
        #expect(Self.take(.inputClosed, &cut) == "pass closed")

        var trailers = Machine()
        _ = Self.take(Self.head("/fast"), &trailers)
        #expect(Self.take(.part(.end([.init("x-sum")!: "1"])), &trailers) == "hand over, then trailers")
        #expect(trailers.handOver().map(Self.word) == ["head /fast"])
    }

    @Test("what came during an answer is handed over one request after the other, and each is counted")
    func burst() {
        var machine = Machine()
        for event in [Self.head("/fast"), Self.end] { _ = Self.take(event, &machine) }
        machine.began()
        for event in [Self.head("/fast"), Self.end, Self.head("/slow"), Self.end, Self.head("/fast"), Self.end] { _ = Self.take(event, &machine) }
        machine.answered()
        #expect(machine.next().map { Self.take($0, &machine) } == "-")
        #expect(machine.next().map { Self.take($0, &machine) } == "ask route ")
        #expect(machine.handOver().map(Self.word) == ["head /fast", "end"])
        #expect(machine.behind == 1)
        var words: [String] = []
        while let event = machine.next() { words.append(Self.take(event, &machine)) }
        #expect(words == ["pass head /slow", "pass end", "pass head /fast", "pass end"])
        #expect(machine.behind == 3)
        machine.responseEnded()
        #expect(Self.take(Self.head("/fast"), &machine) == "pass head /fast", "two are before it")

        // An end of the client's side within a request, behind others.
        var cut = Machine()
        for event in [Self.head("/fast"), Self.end] { _ = Self.take(event, &cut) }
        cut.began()
        for event in [Self.head("/fast"), Self.body("ab"), .fault(CancellationError()), .inputClosed] { _ = Self.take(event, &cut) }
        cut.answered()
        words = []
        while let event = cut.next() {
            words.append(Self.take(event, &cut))
            if words.last?.hasPrefix("hand over") == true { words += cut.handOver().map(Self.word) }
        }
        #expect(words == ["-", "-", "hand over, then fault", "head /fast", "body ab", "pass closed"])
    }

    @Test("nothing is begun on a connection that will be closed, as the client or an answer has said")
    func closing() {
        for field in ["close", "Close", "keep-alive, close"] {
            var machine = Machine()
            var request = HTTPRequest(method: .get, scheme: "http", authority: "test", path: "/slow")
            request.headerFields[.connection] = field
            _ = Self.take(.part(.head(request)), &machine)
            _ = Self.take(Self.end, &machine)
            machine.responseEnded()
            #expect(Self.take(Self.head("/fast"), &machine) == "pass head /fast")

            var answered = Machine()
            for event in [Self.head("/slow"), Self.end] { _ = Self.take(event, &answered) }
            answered.responseBegan(HTTPResponse(status: .ok, headerFields: [.connection: field]))
            answered.responseEnded()
            #expect(Self.take(Self.head("/fast"), &answered) == "pass head /fast")
        }
    }

    @Test("behind a request that the server has, none is answered before it")
    func inOrder() {
        var machine = Machine()
        #expect(Self.take(Self.head("/slow"), &machine) == "pass head /slow")
        #expect(Self.take(Self.end, &machine) == "pass end")
        #expect(Self.take(Self.head("/fast"), &machine) == "pass head /fast")
        #expect(Self.take(Self.end, &machine) == "pass end")
        machine.responseEnded()
        #expect(Self.take(Self.head("/fast"), &machine) == "pass head /fast")
        #expect(Self.take(Self.end, &machine) == "pass end")
        machine.responseEnded()
        machine.responseEnded()
        #expect(Self.take(Self.head("/fast"), &machine) == "-")
    }

    @Test("in any order of events every request is answered once, in its turn", arguments: 0..<200)
    func everyOrder(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let requests = 12
        var incoming: [Machine.Event] = []
        for number in 0..<requests {
            // The number goes along as the authority.
            let path = Bool.random(using: &generator) ? "/fast" : "/slow"
            incoming.append(.part(.head(HTTPRequest(method: .post, scheme: "http", authority: "\(number)", path: path))))
            for _ in 0..<Int.random(in: 0...3, using: &generator) { incoming.append(Self.body("abcd")) }
            incoming.append(Self.end)
        }
        var machine = Machine()
        // What the server behind was given, and how far it is.
        var given: [String] = []
        var whole = 0
        var answers: [String] = []
        var underWay: String?

        func pass(_ event: Machine.Event) {
            if case .part(.head(let head)) = event {
                #expect(whole == given.count, "a head within another request")
                given.append(head.authority ?? "")
            }
            if case .part(.end) = event { whole += 1 }
        }
        func perform(_ event: Machine.Event) {
            switch machine.received(event, limit: 8, match: { $0.path == "/fast" ? $0.authority : nil }) {
            case .nothing: break
            case .pass(let event): pass(event)
            case .handOver(let event): for event in machine.handOver() + [event] { pass(event) }
            case .ask(let number, _):
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    for event in machine.handOver() { pass(event) }
                } else {
                    machine.began()
                    underWay = number
                }
            }
        }
        var answeredBehind = 0
        while answers.count < requests {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                // One read brings as much as it likes; the next waits until there is room.
                guard !machine.isFull else { continue }
                for _ in 0..<Int.random(in: 1...20, using: &generator) where !incoming.isEmpty { perform(incoming.removeFirst()) }
            case 2: if machine.isGathering { for event in machine.handOver() { pass(event) } }
            case 3:
                guard answeredBehind < whole else { continue }
                answers.append(given[answeredBehind])
                answeredBehind += 1
                machine.responseEnded()
            default:
                guard let request = underWay else { continue }
                answers.append(request)
                underWay = nil
                machine.answered()
                while underWay == nil, let event = machine.next() { perform(event) }
            }
        }
        #expect(answers == (0..<requests).map { "\($0)" })
        #expect(incoming.isEmpty && machine.behind == 0)
    }
}
