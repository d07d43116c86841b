import NIOCore
import Testing

@testable import Redis

@Suite struct PipelineMachineTests {
    final class Request: PipelinedRequest {
        let name: String
        let commandCount: Int
        let byteCount = 10
        let deadline: NIODeadline
        let timeout: TimeAmount
        var isAbandoned = false

        init(_ name: String, count: Int = 1, at start: NIODeadline = .uptimeNanoseconds(0), timeout: TimeAmount = .seconds(5)) {
            self.name = name
            self.commandCount = count
            self.timeout = timeout
            self.deadline = start + timeout
        }

        func claim() -> Bool { !isAbandoned }
    }

    enum Place: String, CaseIterable {
        case down, open, blocked, stopped
    }

    enum Event: String, CaseIterable {
        case enqueued, takeWritable, replied, linkUp, linkUpBlocked, linkDown, writable, notWritable, timerEarly, timerAtDeadline, withdraw, stop
    }

    static func second(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    private static func make(isLeavingFatal: Bool = false, limit: Int = 100) -> PipelineMachine<Request> {
        PipelineMachine(stallLimit: .seconds(5), isLeavingFatal: isLeavingFatal, limit: limit)
    }

    /// A machine with a request `a` in flight (where there is a link) and a request `b` waiting.
    private static func machine(in place: Place) -> PipelineMachine<Request> {
        var machine = make()
        if place == .open || place == .blocked { machine.linkUp(isWritable: true) }
        if place != .down { _ = machine.enqueued([Request("a")]) }
        _ = machine.takeWritable(byteLimit: 1_000, now: second(0))
        if place == .blocked { machine.writabilityChanged(isWritable: false) }
        if place == .stopped { _ = machine.stop() }
        _ = machine.enqueued([Request("b")])
        return machine
    }

    private static func send(_ event: Event, to machine: inout PipelineMachine<Request>) -> String {
        switch event {
        case .enqueued: return "\(machine.enqueued([Request("c")]))"
        case .takeWritable: return names(machine.takeWritable(byteLimit: 1_000, now: second(0)))
        case .replied:
            switch machine.replied(.simple("OK")) {
            case .none: return "none"
            case .answerOne(let request, _): return "answer \(request.name)"
            case .answerMany(let request, let replies): return "answer \(request.name) \(replies.count)"
            case .breakLink: return "breakLink"
            }
        case .linkUp:
            machine.linkUp(isWritable: true)
            return ""
        case .linkUpBlocked:
            machine.linkUp(isWritable: false)
            return ""
        case .linkDown: return names(machine.linkDown())
        case .writable:
            machine.writabilityChanged(isWritable: true)
            return ""
        case .notWritable:
            machine.writabilityChanged(isWritable: false)
            return ""
        case .timerEarly: return timer(machine.timerDue(now: second(4)))
        case .timerAtDeadline: return timer(machine.timerDue(now: second(5)))
        case .withdraw: return names(machine.withdraw())
        case .stop:
            let (unsent, inFlight) = machine.stop()
            return "unsent \(names(unsent)), in flight \(names(inFlight))"
        }
    }

    private static func names(_ requests: [Request]) -> String { requests.map(\.name).joined() }

    private static func timer(_ action: PipelineMachine<Request>.TimerAction) -> String {
        "expired \(names(action.expired))" + (action.isLinkBroken ? ", broken" : "")
    }

    /// Every event in every phase: what is returned, and the phase after it if that is another.
    static let table: [Place: [Event: String]] = [
        .down: [
            .enqueued: "none", .replied: "breakLink", .linkUp: " > open", .linkUpBlocked: " > blocked", .timerEarly: "expired ",
            .timerAtDeadline: "expired b", .withdraw: "b", .stop: "unsent b, in flight  > stopped",
        ],
        .open: [
            .enqueued: "none", .takeWritable: "b", .replied: "answer a", .linkDown: "a > down", .notWritable: " > blocked",
            .timerEarly: "expired ", .timerAtDeadline: "expired ba, broken", .withdraw: "b", .stop: "unsent b, in flight a > stopped",
        ],
        .blocked: [
            .enqueued: "none", .replied: "answer a", .linkDown: "a > down", .writable: " > open", .timerEarly: "expired ",
            .timerAtDeadline: "expired ba, broken", .withdraw: "b", .stop: "unsent b, in flight a > stopped",
        ],
        .stopped: [
            .enqueued: "refuse", .replied: "breakLink", .timerEarly: "expired ", .timerAtDeadline: "expired ", .stop: "unsent , in flight ",
        ],
    ]

    @Test("Every event in every phase", arguments: Place.allCases, Event.allCases)
    func table(_ place: Place, _ event: Event) {
        var machine = Self.machine(in: place)
        let before = machine.phase
        let action = Self.send(event, to: &machine)
        let after = machine.phase
        #expect(action + (before == after ? "" : " > \(after)") == Self.table[place]?[event] ?? "")
    }

    @Test("A caller that left after its command was written keeps its slot, so its neighbours get their own replies")
    func abandonedSlot() {
        var machine = Self.make()
        let (a, b, c) = (Request("a"), Request("b"), Request("c"))
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([a, b, c])
        #expect(Self.names(machine.takeWritable(byteLimit: 1_000, now: Self.second(0))) == "abc")
        b.isAbandoned = true
        for request in [a, b, c] {
            guard case .answerOne(let answered, .simple(request.name)) = machine.replied(.simple(request.name)) else {
                return #expect(Bool(false), "\(request.name) is not answered")
            }
            #expect(answered === request)
        }
    }

    @Test("A caller that left before its command was written is not written")
    func abandonedWaiting() {
        var machine = Self.make()
        let gone = Request("a")
        _ = machine.enqueued([gone, Request("b")])
        gone.isAbandoned = true
        machine.linkUp(isWritable: true)
        #expect(Self.names(machine.takeWritable(byteLimit: 1_000, now: Self.second(0))) == "b")
        #expect(machine.slotCount == 1)
    }

    @Test("Callers that left while there is no link do not pile up")
    func compaction() {
        var machine = Self.make(limit: 100)
        for number in 0..<10_000 {
            let request = Request("\(number)")
            request.isAbandoned = true
            _ = machine.enqueued([request])
            #expect(machine.waitingCount <= 200)
        }
    }

    @Test("A pipeline's replies are gathered for its one caller, in order, between others")
    func pipelines() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("a"), Request("b", count: 3), Request("c")])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        #expect(Self.send(.replied, to: &machine) == "answer a")
        for number in 1...2 {
            guard case .none = machine.replied(.integer(number)) else { return #expect(Bool(false), "answered too early") }
        }
        guard case .answerMany(let request, let replies) = machine.replied(.error("ERR 3")) else { return #expect(Bool(false), "not answered") }
        #expect(request.name == "b")
        #expect(replies == [.integer(1), .integer(2), .error("ERR 3")])
        #expect(Self.send(.replied, to: &machine) == "answer c")
        #expect(Self.send(.replied, to: &machine) == "breakLink")
    }

    @Test("Replies that a pipeline had when its link broke are not given to the next")
    func brokenPipeline() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("a", count: 2)])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        _ = machine.replied(.integer(1))
        #expect(Self.names(machine.linkDown()) == "a")
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("b", count: 2)])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        _ = machine.replied(.integer(7))
        guard case .answerMany(_, let replies) = machine.replied(.integer(8)) else { return #expect(Bool(false), "not answered") }
        #expect(replies == [.integer(7), .integer(8)])
    }

    @Test("What was never written goes out on the next link; what was written does not")
    func nextLink() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("a")])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        machine.writabilityChanged(isWritable: false)
        _ = machine.enqueued([Request("b")])
        #expect(Self.names(machine.takeWritable(byteLimit: 1_000, now: Self.second(0))) == "")
        #expect(Self.names(machine.linkDown()) == "a")
        machine.linkUp(isWritable: true)
        #expect(Self.names(machine.takeWritable(byteLimit: 1_000, now: Self.second(1))) == "b")
    }

    @Test("One write takes requests up to its size, and at least one")
    func writeSize() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued(["a", "b", "c", "d"].map { Request($0) })
        #expect(Self.names(machine.takeWritable(byteLimit: 25, now: Self.second(0))) == "abc")
        #expect(Self.names(machine.takeWritable(byteLimit: 1, now: Self.second(0))) == "d")
        #expect(Self.names(machine.takeWritable(byteLimit: 1, now: Self.second(0))) == "")
    }

    @Test("A request is expired once, at its own deadline, and its slot stays")
    func expiry() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("a", timeout: .seconds(1)), Request("b", timeout: .seconds(3))])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        #expect(machine.wakeAt == Self.second(1))
        #expect(Self.timer(machine.timerDue(now: Self.second(1))) == "expired a")
        #expect(machine.wakeAt == Self.second(3))
        #expect(Self.timer(machine.timerDue(now: Self.second(2))) == "expired ")
        #expect(machine.slotCount == 2)
    }

    @Test("A link is broken when its first slot has had silence for the limit, not when the server is slow")
    func stall() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("a", timeout: .seconds(1)), Request("b", timeout: .seconds(1)), Request("c", timeout: .seconds(1))])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        #expect(Self.timer(machine.timerDue(now: Self.second(1))) == "expired abc")
        machine.progressed(now: Self.second(4))
        _ = machine.replied(.null)
        #expect(machine.wakeAt == Self.second(5))
        #expect(Self.timer(machine.timerDue(now: Self.second(5))) == "expired ")
        #expect(machine.wakeAt == Self.second(9))
        #expect(Self.timer(machine.timerDue(now: Self.second(9))) == "expired , broken")
    }

    @Test("A request given more time than others gives its link more time")
    func patientRequest() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("slow", timeout: .seconds(30))])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        #expect(Self.timer(machine.timerDue(now: Self.second(29))) == "expired ")
        #expect(Self.timer(machine.timerDue(now: Self.second(30))) == "expired slow, broken")
    }

    @Test("When a patient first slot is answered, a less patient one behind it is still watched")
    func watchBehind() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("patient", timeout: .seconds(30)), Request("hasty", timeout: .seconds(1))])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        #expect(Self.timer(machine.timerDue(now: Self.second(1))) == "expired hasty")
        machine.progressed(now: Self.second(2))
        _ = machine.replied(.null)
        let wake = machine.wakeAt
        #expect(wake.map { $0 <= Self.second(7) } == true, "wakes at \(String(describing: wake))")
        #expect(Self.timer(machine.timerDue(now: Self.second(7))) == "expired , broken")
    }

    @Test("On a link of its own a caller that is too late breaks the link, if its command was written")
    func fatalLeaving() {
        var machine = Self.make(isLeavingFatal: true)
        _ = machine.enqueued([Request("a", timeout: .seconds(1))])
        #expect(Self.timer(machine.timerDue(now: Self.second(1))) == "expired a")
        machine.linkUp(isWritable: true)
        _ = machine.enqueued([Request("b", at: Self.second(1), timeout: .seconds(1))])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(1))
        #expect(Self.timer(machine.timerDue(now: Self.second(2))) == "expired b, broken")
    }

    @Test("With nothing waiting there is no wake-up")
    func noWake() {
        var machine = Self.make()
        machine.linkUp(isWritable: true)
        #expect(machine.wakeAt == nil)
        _ = machine.enqueued([Request("a")])
        _ = machine.takeWritable(byteLimit: 1_000, now: Self.second(0))
        _ = machine.replied(.null)
        #expect(Self.timer(machine.timerDue(now: Self.second(5))) == "expired ")
        #expect(machine.wakeAt == nil)
    }
}
