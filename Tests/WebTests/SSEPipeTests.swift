import NIOCore
import Testing

@testable import Web

@Suite("The order of a stream's writes")
struct SSEPipeTests {
    private typealias Machine = SSEPipe.StateMachine<String, Int>

    private func given(_ action: Machine.TakeAction) -> String? {
        if case .give(let frame, _) = action { frame } else { nil }
    }

    private func waits(_ action: Machine.OfferAction) -> Bool {
        if case .wait = action { true } else { false }
    }

    @Test("a frame that is offered waits for the writer, and its producer for the write")
    func producerFirst() {
        var machine = Machine()
        let id = machine.makeID()
        #expect(waits(machine.offer("a", id: id, waiter: 1)))
        #expect(given(machine.take(waiter: 9)) == "a")
        #expect(machine.wroteFrame() == 1)
        #expect(machine.wroteFrame() == nil)
    }

    @Test("a writer that waits gets the frame at once")
    func writerFirst() {
        var machine = Machine()
        guard case .wait = machine.take(waiter: 9) else {
            Issue.record("an empty pipe has something to take")
            return
        }
        guard case .give("a", 9) = machine.offer("a", id: machine.makeID(), waiter: 1) else {
            Issue.record("the writer was not given the frame")
            return
        }
        #expect(machine.wroteFrame() == 1)
    }

    @Test("frames keep their order, one in flight at a time")
    func order() {
        var machine = Machine()
        for (number, frame) in ["a", "b", "c"].enumerated() { #expect(waits(machine.offer(frame, id: machine.makeID(), waiter: number))) }
        var seen: [String] = []
        for number in 0..<3 {
            seen.append(given(machine.take(waiter: 9)) ?? "")
            #expect(machine.wroteFrame() == number)
        }
        #expect(seen == ["a", "b", "c"])
    }

    @Test("a withdrawn frame is not written; one in flight is, and its producer is let go")
    func withdraw() {
        var machine = Machine()
        let (first, second) = (machine.makeID(), machine.makeID())
        _ = machine.offer("a", id: first, waiter: 1)
        _ = machine.offer("b", id: second, waiter: 2)
        #expect(machine.withdraw(id: second) == 2)
        #expect(given(machine.take(waiter: 9)) == "a")
        #expect(machine.withdraw(id: first) == 1)
        #expect(machine.wroteFrame() == nil)
        #expect(machine.withdraw(id: first) == nil)
        guard case .wait = machine.take(waiter: 9) else {
            Issue.record("the withdrawn frame is still there")
            return
        }
        #expect(machine.withdrawTaker() == 9)
        #expect(machine.withdrawTaker() == nil)
    }

    @Test("after the end what was offered is written, and nothing more is taken")
    func end() {
        var machine = Machine()
        _ = machine.offer("a", id: machine.makeID(), waiter: 1)
        #expect(machine.end() == nil)
        guard case .refuse(2) = machine.offer("b", id: machine.makeID(), waiter: 2) else {
            Issue.record("an ended pipe took a frame")
            return
        }
        #expect(given(machine.take(waiter: 9)) == "a")
        guard case .end(9) = machine.take(waiter: 9) else {
            Issue.record("the writer was not told the end")
            return
        }
        var waiting = Machine()
        _ = waiting.take(waiter: 9)
        #expect(waiting.end() == 9)
    }

    @Test("a pulse writes into silence only, and does not take its own heartbeat for life")
    func pulse() {
        var machine = Machine()
        func beats(_ machine: inout Machine) -> Bool {
            if case .give("beat", 9) = machine.pulse(heartbeat: "beat", patience: 3) { true } else { false }
        }
        _ = machine.take(waiter: 9)
        #expect(beats(&machine))
        #expect(machine.wroteFrame() == nil)
        _ = machine.take(waiter: 9)
        #expect(beats(&machine))
        _ = machine.wroteFrame()
        _ = machine.take(waiter: 9)
        _ = machine.offer("a", id: machine.makeID(), waiter: 1)
        _ = machine.wroteFrame()
        _ = machine.take(waiter: 9)
        #expect(!beats(&machine))
        #expect(beats(&machine))
    }

    @Test("a write that stands still for as many pulses as the patience is a stall; progress in between is none")
    func stall() {
        var machine = Machine()
        func pulse(_ machine: inout Machine) -> String {
            switch machine.pulse(heartbeat: "beat", patience: 3) {
            case .none: "none"
            case .give: "beat"
            case .stalled: "stalled"
            }
        }
        for number in 0..<4 { _ = machine.offer("\(number)", id: machine.makeID(), waiter: number) }
        _ = machine.take(waiter: 9)
        #expect([pulse(&machine), pulse(&machine)] == ["none", "none"])
        _ = machine.wroteFrame()
        _ = machine.take(waiter: 9)
        #expect([pulse(&machine), pulse(&machine), pulse(&machine)] == ["none", "none", "stalled"])
    }

    @Test("send returns only when the bytes were written", .timeLimit(.minutes(1)))
    func backPressure() async throws {
        let pipe = SSEPipe()
        let (returned, sink) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1...3 {
                    try await pipe.send(ByteBuffer(string: "\(number)"))
                    sink.yield(number)
                }
                pipe.end()
                sink.finish()
            }
            var written: [String] = []
            var confirmed: [Int] = []
            var returns = returned.makeAsyncIterator()
            while let buffer = try await pipe.take() {
                written.append(String(buffer: buffer))
                pipe.wrote()
                // The next frame cannot be there before the producer went on.
                confirmed.append(try #require(await returns.next()))
            }
            #expect(written == ["1", "2", "3"])
            #expect(confirmed == [1, 2, 3])
            try await group.waitForAll()
        }
    }

    @Test("a cancelled producer and a cancelled writer return at once", .timeLimit(.minutes(1)))
    func cancellation() async {
        let pipe = SSEPipe()
        let producer = Task { try await pipe.send(ByteBuffer(string: "a")) }
        producer.cancel()
        await #expect(throws: CancellationError.self) { try await producer.value }
        let writer = Task { try await pipe.take() }
        writer.cancel()
        await #expect(throws: CancellationError.self) { try await writer.value }
    }
}
