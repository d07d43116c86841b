import NIOCore
import Testing

@testable import Redis

@Suite struct SubscriptionMachineTests {
    final class Waiter {}
    typealias Machine = SubscriptionMachine<Waiter>

    private let now = NIODeadline.uptimeNanoseconds(0)

    private static func push(_ kind: String, _ channel: String, _ last: RedisValue = .integer(1)) -> RedisValue {
        .array([.bulk(Array(kind.utf8)), .bulk(Array(channel.utf8)), last])
    }

    private static func subscribe(_ channel: String) -> RedisCommand { RedisCommand("SUBSCRIBE", .string(channel)) }
    private static func unsubscribe(_ channel: String) -> RedisCommand { RedisCommand("UNSUBSCRIBE", .string(channel)) }

    private func upMachine() -> Machine {
        var machine = Machine(patience: .seconds(5))
        _ = machine.linkUp(now: now)
        _ = machine.received(.simple("PONG"))
        return machine
    }

    /// What an action does, in short, with the waiters it names.
    private func text(_ action: Machine.ReceivedAction, _ known: [(String, Waiter)] = []) -> String {
        let names = { (waiters: [Waiter]) in waiters.map { waiter in known.first { $0.1 === waiter }?.0 ?? "?" }.joined() }
        switch action {
        case .none: return "none"
        case .message(let channel, let payload): return "message \(channel) \(String(decoding: payload, as: UTF8.self))"
        case .confirm(let waiters): return "confirm \(names(waiters))"
        case .fail(let waiters, let error): return "fail \(names(waiters)) \(error.serverPrefix ?? "-")"
        case .announceLink: return "announce"
        case .breakLink(let error): return "break \(error.code)"
        }
    }

    @Test("A link without channels is announced when the server answers")
    func bare() {
        var machine = Machine(patience: .seconds(5))
        #expect(machine.linkUp(now: now) == [RedisCommand("PING")])
        #expect(text(machine.received(.simple("PONG"))) == "announce")
    }

    @Test("A caller is resumed by its own confirmation, also for a channel subscribed already")
    func confirmation() {
        var machine = upMachine()
        let (a, b) = (Waiter(), Waiter())
        #expect(machine.subscribe("x", a, now: now) == .send([Self.subscribe("x")]))
        #expect(machine.subscribe("x", b, now: now) == .send([Self.subscribe("x")]))
        #expect(text(machine.received(Self.push("subscribe", "x")), [("a", a), ("b", b)]) == "confirm a")
        #expect(text(machine.received(Self.push("subscribe", "x")), [("a", a), ("b", b)]) == "confirm b")
        #expect(machine.channels == ["x"])
    }

    @Test("Messages go to channels that are wanted, and to no other")
    func messages() {
        var machine = upMachine()
        _ = machine.subscribe("x", Waiter(), now: now)
        _ = machine.received(Self.push("subscribe", "x"))
        let message = Self.push("message", "x", .bulk(Array("hi".utf8)))
        #expect(text(machine.received(message)) == "message x hi")
        _ = machine.unsubscribe("x", Waiter(), now: now)
        #expect(text(machine.received(message)) == "none")
        #expect(text(machine.received(Self.push("unsubscribe", "x", .integer(0)))).hasPrefix("confirm"))
    }

    @Test("A new link has all channels again before it is announced, and callers that waited for it are resumed")
    func reconnect() {
        var machine = upMachine()
        let (a, b) = (Waiter(), Waiter())
        _ = machine.subscribe("x", a, now: now)
        _ = machine.received(Self.push("subscribe", "x"))
        #expect(machine.linkDown().done.isEmpty)
        #expect(machine.subscribe("y", b, now: now) == .none)
        #expect(machine.linkUp(now: now) == [Self.subscribe("x"), Self.subscribe("y"), RedisCommand("PING")])
        #expect(text(machine.received(Self.push("subscribe", "x"))) == "confirm ")
        #expect(text(machine.received(Self.push("subscribe", "y")), [("b", b)]) == "confirm b")
        #expect(text(machine.received(.array([.bulk(Array("pong".utf8)), .bulk([])]))) == "announce")
    }

    @Test("A caller whose link breaks goes on waiting for the next")
    func interrupted() {
        var machine = upMachine()
        let a = Waiter()
        _ = machine.subscribe("x", a, now: now)
        #expect(machine.linkDown().done.isEmpty)
        _ = machine.linkUp(now: now)
        #expect(text(machine.received(Self.push("subscribe", "x")), [("a", a)]) == "confirm a")
    }

    @Test("Without a link there is nothing to unsubscribe from: the caller is done, and so are those that waited to subscribe")
    func unsubscribeDown() {
        var machine = Machine(patience: .seconds(5))
        let (a, b) = (Waiter(), Waiter())
        _ = machine.subscribe("x", a, now: now)
        guard case .done(let waiters) = machine.unsubscribe("x", b, now: now) else { return #expect(Bool(false), "sent without a link") }
        #expect(waiters.count == 2)
        #expect(machine.linkUp(now: now) == [RedisCommand("PING")])
    }

    @Test("A link lost while unsubscribing ends the wait")
    func unsubscribeLost() {
        var machine = upMachine()
        let (a, b) = (Waiter(), Waiter())
        _ = machine.subscribe("x", a, now: now)
        _ = machine.unsubscribe("x", b, now: now)
        // `a` waited for a subscription that is no longer wanted; `b` has what it wanted.
        let done = machine.linkDown().done
        #expect(done.count == 2 && done[0] === a && done[1] === b)
        #expect(machine.channels.isEmpty)
    }

    @Test("A caller that gives up takes the channel along only if nobody else asked for it")
    func leaving() {
        var machine = upMachine()
        let (a, b, c) = (Waiter(), Waiter(), Waiter())
        _ = machine.subscribe("x", a, now: now)
        _ = machine.subscribe("x", b, now: now)
        #expect(machine.left(a, channel: "x", now: now) == .none)
        #expect(machine.left(b, channel: "x", now: now) == .send([Self.unsubscribe("x")]))
        #expect(machine.channels.isEmpty)
        for _ in 0..<2 { #expect(text(machine.received(Self.push("subscribe", "x"))) == "confirm ") }
        #expect(text(machine.received(Self.push("unsubscribe", "x", .integer(0)))) == "confirm ")

        _ = machine.subscribe("y", a, now: now)
        _ = machine.received(Self.push("subscribe", "y"))
        _ = machine.subscribe("y", c, now: now)
        #expect(machine.left(c, channel: "y", now: now) == .none)
        #expect(machine.channels == ["y"])
    }

    @Test("A caller that gives up while there is no link leaves nothing behind")
    func leavingDown() {
        var machine = Machine(patience: .seconds(5))
        let a = Waiter()
        _ = machine.subscribe("x", a, now: now)
        #expect(machine.left(a, channel: "x", now: now) == .none)
        #expect(machine.linkUp(now: now) == [RedisCommand("PING")])
    }

    @Test("A channel that the server refuses fails its callers and is not asked for again")
    func refusal() {
        var machine = upMachine()
        let a = Waiter()
        _ = machine.subscribe("secret", a, now: now)
        #expect(text(machine.received(.error("NOPERM no channel")), [("a", a)]) == "fail a NOPERM")
        #expect(machine.channels.isEmpty)
        _ = machine.linkDown()
        #expect(machine.linkUp(now: now) == [RedisCommand("PING")])
    }

    @Test(
        "What answers nothing that was sent breaks the link",
        arguments: [
            push("subscribe", "x"), push("unsubscribe", "x"), .simple("PONG"), .simple("OK"), .null, .array([]), push("pmessage", "x"),
            .array([.bulk(Array("message".utf8)), .bulk([0x78])]), .error("ERR x"),
        ])
    func outOfStep(_ value: RedisValue) {
        var machine = upMachine()
        #expect(text(machine.received(value)).hasPrefix("break"))
    }

    @Test("A quiet link is pinged, and is dead when the answer stays out")
    func beats() {
        var machine = Machine(patience: .seconds(5))
        #expect(machine.beat(now: now) == .none)
        machine = upMachine()
        #expect(machine.beat(now: now) == .ping)
        #expect(machine.beat(now: now + .seconds(4)) == .none)
        #expect(text(machine.received(.simple("PONG"))) == "none")
        #expect(machine.beat(now: now + .seconds(5)) == .ping)
        #expect(machine.beat(now: now + .seconds(10)) == .breakLink)
    }

    @Test("Everything sent on a link that died is forgotten with it")
    func forgets() {
        var machine = upMachine()
        _ = machine.beat(now: now)
        _ = machine.linkDown()
        _ = machine.linkUp(now: now + .seconds(60))
        #expect(machine.beat(now: now + .seconds(61)) == .none)
        #expect(text(machine.received(.simple("PONG"))) == "announce")
    }
}
