import Foundation
import TestSupport
import Testing

@testable import Inference

/// The time that travels with an announcement, and with nothing else.
@Suite("The time of receipt", .timeLimit(.minutes(1))) struct AnnouncementTimeTests {
    private static let time = ReceiptTime(microseconds: 1_700_000_000_123_456)

    private func entry(_ number: UInt64, at time: ReceiptTime? = nil) -> RunLogEntry {
        var entry = RunLogEntry(id: RunEventID(epoch: 1, number: number), payload: RunEvent.chunk(StreamChunk(.text, "\(number)")).payload)
        entry.receivedAt = time
        return entry
    }

    /// An announcement as the script writes it.
    private func message(_ entries: [RunLogEntry]) -> [UInt8] {
        let lines = RunArchive.encode(entries) + Array("\(entries[entries.count - 1].id) @1700000000123456".utf8)
        return lines
    }

    @Test("is read from the last line of an announcement, for all of its events")
    func read() {
        let entries = RunAnnouncement.entries(message([entry(1), entry(2)]))
        #expect(entries == [entry(1), entry(2)])
        #expect(entries.map(\.receivedAt) == [Self.time, Self.time])
    }

    @Test("is missing in an announcement of an earlier release")
    func missing() {
        let entries = RunAnnouncement.entries(RunArchive.encode([entry(1)]))
        #expect(entries == [entry(1)])
        #expect(entries[0].receivedAt == nil)
    }

    @Test("is a repeated event, and so nothing, to an ingress of an earlier release, be its client live or behind")
    func compatible() throws {
        // What that release made of the message: every line an entry.
        let lines = try #require(RunArchive.decode(message([entry(1), entry(2)])))
        #expect(lines.count == 3)
        var live = RunFeed(after: nil)
        live.listening()
        _ = live.next()
        live.readReturned([])
        live.announced(lines)
        #expect(live.next() == .deliver([entry(1), entry(2)]))
        live.announced([entry(3)])
        #expect(live.next() == .deliver([entry(3)]))

        var behind = RunFeed(after: nil)
        behind.listening()
        _ = behind.next()
        behind.announced(lines)
        behind.readReturned([entry(1)])
        #expect(behind.next() == .deliver([entry(1), entry(2)]))
        #expect(behind.next() == .wait)
    }

    @Test("of an event that was announced during a read is not lost with the read")
    func duringRead() throws {
        var feed = RunFeed(after: nil)
        feed.listening()
        _ = feed.next()
        feed.announced([entry(2, at: Self.time), entry(3, at: Self.time)])
        feed.readReturned([entry(1), entry(2)])
        guard case .deliver(let entries) = feed.next() else { throw TestSupportError("nothing was delivered") }
        #expect(entries == [entry(1), entry(2), entry(3)])
        #expect(entries.map(\.receivedAt) == [nil, Self.time, Self.time])
    }

    @Test("goes from a journal through Redis to a listener, and is in no entry that is read from the log")
    func throughRedis() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let hub = RunEventHub(log: fixture.log, heartbeat: .milliseconds(300), logger: fixture.logger)
            let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await hub.run() }
                defer { group.cancelAll() }
                try await journal.append([.stepStarted(step: 1)], receivedAt: Self.time)
                try await hub.withListener(run: identity.run, after: nil) { listener in
                    let first = try await Self.entries(of: listener)
                    #expect(first.ids == ["1-1"])
                    #expect(first[0].receivedAt == nil, "what was there before is replayed")
                    try await journal.append([.chunk(StreamChunk(.text, "a")), .usage(TokenUsage(input: 1))], receivedAt: Self.time)
                    let second = try await Self.entries(of: listener)
                    #expect(second.ids == ["1-2", "1-3"])
                    #expect(second.map(\.receivedAt) == [Self.time, Self.time])
                }
            }
            #expect(try await fixture.log.readAll(identity.run).allSatisfy { $0.receivedAt == nil })
        }
    }

    private static func entries(of listener: RunListener) async throws -> [RunLogEntry] {
        while true {
            if case .entries(let entries) = try await listener.next() { return entries }
        }
    }

    @Test("of what gathers in a queue is the oldest one's")
    func queue() async throws {
        let queue = RunAppendQueue()
        let before = ReceiptTime.now
        try await queue.offer([.stepStarted(step: 1)])
        let between = ReceiptTime.now
        try await queue.offer([.usage(TokenUsage(input: 1))])
        #expect(await queue.next()?.count == 2)
        let taken = try #require(queue.receivedAt)
        #expect((before.microseconds...between.microseconds).contains(taken.microseconds))
        try await queue.offer([.stepStarted(step: 2)])
        _ = await queue.next()
        let next = try #require(queue.receivedAt)
        #expect(next.microseconds >= between.microseconds)
    }
}
