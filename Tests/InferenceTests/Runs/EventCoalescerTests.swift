import Testing

@testable import Inference

@Suite struct EventCoalescerTests {
    private func text(_ text: String) -> RunEvent { .chunk(StreamChunk(.text, text)) }

    private func coalesced(_ events: [RunEvent]) -> [RunEvent] {
        var coalescer = EventCoalescer()
        for event in events { coalescer.offer(event) }
        return coalescer.take()
    }

    @Test("Neighbouring deltas of one channel become one")
    func chunks() {
        #expect(
            coalesced([text("a"), text("b"), .chunk(StreamChunk(.reasoning, "c")), text("d")]) == [
                text("ab"), .chunk(StreamChunk(.reasoning, "c")), text("d"),
            ])
    }

    @Test("Fragments of one call become one; a fragment with an id or a name begins its own")
    func fragments() {
        let first = ToolCallDelta(index: 0, id: "a", name: "f", arguments: "{")
        let found = coalesced([
            .toolCallDelta(first), .toolCallDelta(ToolCallDelta(index: 0, arguments: "}")), .toolCallDelta(ToolCallDelta(index: 1, arguments: "x")),
            .toolCallDelta(ToolCallDelta(index: 1, id: "b", arguments: "y")),
        ])
        #expect(
            found == [
                .toolCallDelta(ToolCallDelta(index: 0, id: "a", name: "f", arguments: "{}")), .toolCallDelta(ToolCallDelta(index: 1, arguments: "x")),
                .toolCallDelta(ToolCallDelta(index: 1, id: "b", arguments: "y")),
            ])
    }

    @Test("Nothing else is merged or reordered")
    func others() {
        let events: [RunEvent] = [.stepStarted(step: 1), text("a"), .usage(TokenUsage(input: 1)), text("b"), .cancelled]
        #expect(coalesced(events) == events)
    }

    @Test("A merged event stays under its bound, and no text is lost")
    func bound() {
        let piece = String(repeating: "x", count: 1_000)
        let found = coalesced(Array(repeating: text(piece), count: 50))
        let sizes = found.map { if case .chunk(let chunk) = $0 { chunk.text.count } else { 0 } }
        #expect(sizes.allSatisfy { $0 <= EventCoalescer.mergeLimit })
        #expect(sizes.reduce(0, +) == 50_000)
        #expect(found.count == 4)
    }

    @Test("Taking empties, and the weight is of what waits")
    func taking() {
        var coalescer = EventCoalescer()
        coalescer.offer(text("abc"))
        #expect(coalescer.weight >= 3)
        #expect(coalescer.take() == [text("abc")])
        #expect(coalescer.isEmpty)
        #expect(coalescer.weight == 0)
        #expect(coalescer.take().isEmpty)
    }
}

@Suite struct RunAppendQueueTests {
    private func text(_ text: String) -> RunEvent { .chunk(StreamChunk(.text, text)) }

    @Test("What gathers between two takes comes merged, the rest as it was, and nil after the end", .timeLimit(.minutes(1)))
    func gathering() async throws {
        let queue = RunAppendQueue()
        try await queue.offer([.stepStarted(step: 1), text("a")])
        try await queue.offer([text("b")])
        #expect(await queue.next() == [.stepStarted(step: 1), text("ab")])
        try await queue.offer([text("c")])
        queue.finish()
        #expect(await queue.next() == [text("c")])
        #expect(await queue.next() == nil)
    }

    @Test("A full queue holds the producer back until there is room", .timeLimit(.minutes(1)))
    func backPressure() async throws {
        let queue = RunAppendQueue()
        let piece = text(String(repeating: "x", count: 10_000))
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                for _ in 0..<200 { try await queue.offer([piece]) }
                queue.finish()
                return 0
            }
            group.addTask {
                var total = 0
                while let events = await queue.next() {
                    // One offer may stand over the bound; more would mean that nobody was held back.
                    var size = 0
                    for case .chunk(let chunk) in events { size += chunk.text.count }
                    #expect(size <= RunAppendQueue.bound + 20_000)
                    total += size
                }
                return total
            }
            var total = 0
            for try await part in group { total += part }
            #expect(total == 2_000_000)
        }
    }

    @Test("A writer that failed is told to the producer, also to one that waits for room", .timeLimit(.minutes(1)))
    func failing() async throws {
        struct Away: Error {}
        let queue = RunAppendQueue()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: Away.self) {
                    while true { try await queue.offer([text(String(repeating: "x", count: 10_000))]) }
                }
            }
            _ = await queue.next()
            queue.fail(Away())
        }
        await #expect(throws: Away.self) { try await queue.offer([text("late")]) }
    }

    @Test("Cancellation frees both sides", .timeLimit(.minutes(1)))
    func cancelling() async {
        let queue = RunAppendQueue()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await queue.next() == nil }
            group.cancelAll()
            for await ended in group { #expect(ended) }
        }
    }
}
