import Synchronization
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1))) struct BatcherTests {
    @Test("everyone gets their own answer, and what waits together goes together")
    func answers() async throws {
        let sizes = Mutex<[Int]>([])
        let batcher = Batcher<Int, Int>(most: 50, flushers: 1) { items in
            sizes.withLock { $0.append(items.count) }
            await Task.yield()
            return .init(answers: items.map { .success($0 * 2) })
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await batcher.run() }
            try await withThrowingTaskGroup(of: Void.self) { callers in
                for number in 0..<1000 {
                    callers.addTask {
                        let answer = try await batcher.submit(number)
                        #expect(answer == number * 2)
                    }
                }
                try await callers.waitForAll()
            }
            batcher.close()
            try await group.waitForAll()
        }
        #expect(sizes.withLock { $0.allSatisfy { $0 <= 50 } && $0.reduce(0, +) == 1000 })
    }

    @Test("a caller that is cancelled leaves, and the others are answered")
    func cancellation() async throws {
        let gate = Signal()
        let batcher = Batcher<Int, Int>(most: 10, flushers: 1) { items in
            await gate.wait()
            return .init(answers: items.map { .success($0) })
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await batcher.run() }
            let patient = Task { try await batcher.submit(1) }
            let hasty = Task { try await batcher.submit(2) }
            hasty.cancel()
            await #expect(throws: CancellationError.self) { _ = try await hasty.value }
            gate.raise()
            #expect(try await patient.value == 1)
            batcher.close()
            try await group.waitForAll()
        }
    }

    @Test("a closed batcher and a full one refuse at once, and say that nothing was accepted")
    func refusals() async throws {
        let closed = Batcher<Int, Int>(most: 1, flushers: 1) { items in .init(answers: items.map { .success($0) }) }
        closed.close()
        let error = await #expect(throws: JobError.self) { _ = try await closed.submit(1) }
        #expect(error?.code == .unavailable && error?.retryAfter != nil)
        let full = Batcher<Int, Int>(most: 1, flushers: 1, bound: 0) { items in .init(answers: items.map { .success($0) }) }
        await #expect(throws: JobError.self) { _ = try await full.submit(1) }
    }

    @Test("a caller that goes on is answered too, by its batch or by a refusal")
    func goingOn() async throws {
        let batcher = Batcher<Int, Int>(most: 10, flushers: 1) { items in .init(answers: items.map { .success($0 * 2) }) }
        let (answers, answer) = AsyncStream.makeStream(of: Result<Int, any Error>.self)
        for number in 0..<25 { batcher.submit(number) { answer.yield($0) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await batcher.run() }
            #expect(try await batcher.submit(100) == 200)
            var found: [Int] = []
            for await next in answers {
                found.append(try next.get())
                if found.count == 25 { break }
            }
            #expect(found == (0..<25).map { $0 * 2 })
            batcher.close()
            try await group.waitForAll()
        }
        batcher.submit(1) { answer.yield($0) }
        var rest = answers.makeAsyncIterator()
        let refused = try #require(await rest.next())
        #expect(throws: JobError.self) { try refused.get() }
    }
}
