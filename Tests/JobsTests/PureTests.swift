import Foundation
import Testing

@testable import Jobs

@Suite struct EnvelopeTests {
    static let trace = TraceParent(header: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    @Test(
        "what is written is read back", arguments: [[], .seen, .stored, [.seen, .stored], .grouped, [.seen, .noted, .grouped]] as [Envelope.Marks],
        [nil, trace])
    func roundTrip(marks: Envelope.Marks, trace: TraceParent?) throws {
        let envelope = Envelope(
            id: .version7(), workspace: .version7(), kind: "ticket.create", version: 3, attempt: 7, acceptedAt: 1_795_384_000_123, marks: marks,
            trace: trace,
            body: Array("{\"a\":\"b c\"}".utf8))
        #expect(try Envelope(header: envelope.header, body: envelope.body) == envelope)
    }

    @Test("a header is one readable line of nine words")
    func line() {
        let id = UUID(uuidString: "019AB3C4-0000-7000-8000-0000000000FF").unsafelyUnwrapped
        let envelope = Envelope(id: id, workspace: id, kind: "agent.fork", version: 1, acceptedAt: 5, marks: [.seen, .stored], body: [])
        #expect(
            String(decoding: envelope.header, as: UTF8.self)
                == "1 019ab3c4-0000-7000-8000-0000000000ff 019ab3c4-0000-7000-8000-0000000000ff agent.fork 1 1 5 sb -")
    }

    @Test(
        "what is no header is refused, with the word that cannot be read",
        arguments: [
            ("", Envelope.Fault.format("")), ("3 a b", .format("3")), ("2 a b", .fields(3)), ("1 a b", .fields(3)),
            ("1 x 019ab3c4-0000-7000-8000-0000000000ff k 1 1 5 - -", .word("id")),
            ("1 019ab3c4-0000-7000-8000-0000000000ff x k 1 1 5 - -", .word("workspace")),
            ("1 019ab3c4-0000-7000-8000-0000000000ff 019ab3c4-0000-7000-8000-0000000000ff k 0 1 5 - -", .word("payload version")),
            ("1 019ab3c4-0000-7000-8000-0000000000ff 019ab3c4-0000-7000-8000-0000000000ff k 1 -1 5 - -", .word("attempt")),
            ("1 019ab3c4-0000-7000-8000-0000000000ff 019ab3c4-0000-7000-8000-0000000000ff k 1 1 5 z -", .word("marks")),
        ])
    func faults(header: String, fault: Envelope.Fault) {
        #expect(throws: fault) { try Envelope(header: Array(header.utf8), body: []) }
    }

    @Test("random bytes never become a job by accident, and never trap")
    func noise() {
        var generator = Seeded(seed: 41)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...120, using: &generator)).map { _ in UInt8.random(in: 0x20...0x7e, using: &generator) }
            #expect(throws: Envelope.Fault.self) { try Envelope(header: bytes, body: []) }
        }
    }
}

@Suite struct UUIDv7Tests {
    @Test("ids carry their time, their version and their order")
    func order() {
        var generator = Seeded(seed: 1)
        let early = UUID.version7(milliseconds: 1_795_384_000_123, using: &generator)
        let late = UUID.version7(milliseconds: 1_795_384_000_124, using: &generator)
        #expect(early.version7Milliseconds == 1_795_384_000_123)
        #expect(early.lowercased < late.lowercased)
        #expect(Array(early.lowercased)[14] == "7" && "89ab".contains(Array(early.lowercased)[19]))
    }

    @Test("the text form is the one that Foundation reads")
    func text() {
        for _ in 0..<200 {
            let id = UUID()
            #expect(id.lowercased == id.uuidString.lowercased())
            #expect(UUIDText.parse(Array(id.uuidString.utf8)) == id)
        }
    }

    @Test("a derived id is the same each time, and another for each step and thing")
    func derived() {
        let base = UUID.version7()
        #expect(UUID.derived(from: base, step: 1) == UUID.derived(from: base, step: 1))
        #expect(Set((0..<1000).map { UUID.derived(from: base, step: UInt64($0)) }).count == 1000)
        #expect(UUID.derived(from: base, step: 1).version7Milliseconds == base.version7Milliseconds)
    }
}

@Suite struct RetryPolicyTests {
    @Test("the ceilings are those of the documented table", arguments: [(1, 1), (2, 2), (4, 8), (7, 64), (20, 600)])
    func ceilings(attempt: Int, seconds: Int) {
        #expect(RetryPolicy(maximumAttempts: 30).ceiling(afterAttempt: attempt) == .seconds(seconds))
    }

    @Test("delays spread over the whole range, stay within it, and end with the last attempt")
    func spread() {
        var generator = Seeded(seed: 9)
        let policy = RetryPolicy()
        let delays = (0..<1000).compactMap { _ in policy.delay(afterAttempt: 5, using: &generator) }
        #expect(delays.allSatisfy { $0 >= policy.floor && $0 <= .seconds(16) })
        #expect(delays.contains { $0 < .seconds(3) } && delays.contains { $0 > .seconds(13) })
        #expect(policy.delay(afterAttempt: 8, using: &generator) == nil)
    }
}

@Suite struct JobStateTests {
    @Test("each ending has its action and its phase")
    func table() {
        var generator = Seeded(seed: 2)
        let policy = RetryPolicy(base: .seconds(1), cap: .seconds(1), floor: .seconds(1), maximumAttempts: 2)
        let cases: [(Int, JobState.Ending, JobState.Action, JobState.Phase)] = [
            (1, .committed, .acknowledge, .done),
            (1, .alreadyFinished(.dead), .acknowledge, .dead),
            (1, .alreadyFinished(.cancelled), .acknowledge, .cancelled),
            (1, .failed(permanent: false), .retry(after: .seconds(1), nextAttempt: 2), .retrying),
            (2, .failed(permanent: false), .bury, .dead),
            (1, .failed(permanent: true), .bury, .dead),
            (1, .storeUnavailable, .tryAgainInPlace, .running),
            (1, .ofOtherRelease(refused: .seconds(24 * 3600)), .bury, .dead),
            (1, .fenced, .abandon, .abandoned),
            (1, .drained, .handBack, .queued),
        ]
        for (attempt, ending, action, phase) in cases {
            var state = JobState(attempt: attempt)
            state.begin()
            #expect(state.attemptEnded(ending, policy: policy, using: &generator) == action)
            #expect(state.phase == phase)
        }
    }
}

@Suite struct OtherReleaseTests {
    @Test("a job that only another release knows keeps its attempt for a day, and comes up again after 5 to 30 s", arguments: [1, 2, 9])
    func waits(attempt: Int) {
        var generator = Seeded(seed: UInt64(attempt))
        let policy = RetryPolicy(base: .milliseconds(1), cap: .milliseconds(1), floor: .milliseconds(1), maximumAttempts: 2)
        var delays: Set<Duration> = []
        for refused in [Duration.zero, .seconds(120), .seconds(24 * 3600 - 1)] {
            var state = JobState(attempt: attempt)
            state.begin()
            guard case .retry(let delay, attempt) = state.attemptEnded(.ofOtherRelease(refused: refused), policy: policy, using: &generator) else {
                Issue.record("not tried again after \(refused)")
                continue
            }
            #expect(state.phase == .retrying && delay >= .seconds(5) && delay <= .seconds(30))
            delays.insert(delay)
        }
        #expect(delays.count == 3, "without jitter all would come back together")
    }

    @Test("an unknown kind and a later version are of another release; what cannot be read at all is the job's own fault")
    func failures() {
        #expect(Failure(JobError(.unknownKind, subject: "k", message: "m")) == .ofOtherRelease(.unknownKind))
        #expect(Failure(JobError(.laterVersion, subject: "k", message: "m")) == .ofOtherRelease(.laterVersion))
        #expect(Failure(PermanentJobError("m", code: "undecodable")) == .failed(permanent: true, code: "undecodable"))
    }

    @Test("a note keeps the first of the refusals in a row, and every failure besides")
    func notes() {
        func failure(_ code: String, at: Int64) -> StatusNotes.Note.Failure { .init(attempt: 1, error: code, code: code, at: at) }
        var note = StatusNotes.Note(after: nil, failure("broken", at: 1), attempts: 1)
        #expect(note.refusedSince == nil)
        for at in 2...30 as ClosedRange<Int64> {
            note = StatusNotes.Note(after: note, failure(at.isMultiple(of: 2) ? "later_version" : "unknown_kind", at: at), attempts: 1)
        }
        #expect(note.refusedSince == 2 && note.history.map(\.at) == [1, 2] && note.code == "later_version")
        note = StatusNotes.Note(after: note, failure("broken", at: 31), attempts: 2)
        #expect(note.refusedSince == nil && note.history.map(\.at) == [1, 2, 31])
        for at in 32...50 as ClosedRange<Int64> { note = StatusNotes.Note(after: note, failure("broken", at: at), attempts: 3) }
        #expect(note.history.map(\.at) == Array(41...50))
    }
}

@Suite struct BatchSplitTests {
    @Test("whatever jobs are bad, each stands alone in the end and all others are committed once", arguments: 0..<60)
    func isolates(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let count = Int.random(in: 1...300, using: &generator)
        let bad = Set((0..<Int.random(in: 0...5, using: &generator)).map { _ in Int.random(in: 0..<count, using: &generator) })
        var split = BatchSplit(count: count, most: Int.random(in: 1...count, using: &generator))
        var committed: [Int] = []
        var alone: [Int] = []
        while let range = split.next() {
            if bad.isDisjoint(with: range) { committed += range } else if split.failed(range) { alone.append(range.lowerBound) }
        }
        #expect(committed.sorted() == (0..<count).filter { !bad.contains($0) })
        #expect(alone.sorted() == bad.sorted())
    }

    @Test("one bad job in 500 costs 18 further transactions")
    func cost() {
        var split = BatchSplit(count: 500, most: 500)
        var tried = 0
        while let range = split.next() {
            tried += 1
            if range.contains(123) { _ = split.failed(range) }
        }
        #expect(tried <= 19)
    }
}

@Suite struct LeaseTests {
    let dead = UUID.version7()
    let alive = UUID.version7()

    /// Observes every 2.5 s from `from` to `to`; the dead worker beat last at 0.
    private func observe(_ lease: inout Lease, from: Int, to: Int) -> [UUID] {
        var found: [UUID] = []
        for now in stride(from: from, through: to, by: 2500) { found = lease.observed(now: now, beats: [alive: now - 100, dead: 0]) }
        return found
    }

    @Test("a worker is dead one lease after its last beat, and the others live")
    func dies() {
        var lease = Lease(length: .seconds(10))
        #expect(observe(&lease, from: 0, to: 10_000) == [])
        #expect(observe(&lease, from: 12_500, to: 12_500) == [dead])
    }

    @Test("a worker that missed its beats is looked at again right when its lease is over")
    func pause() {
        let lease = Lease(length: .seconds(10))
        let table: [(ages: [Int], pause: Int)] = [
            ([0, 2400], 2500), ([0, 8000], 2001), ([0, 10_000], 1), ([0, 11_000], 2500), ([9000, 8000], 1001),
        ]
        for (ages, pause) in table {
            let beats = Dictionary(uniqueKeysWithValues: ages.map { (UUID(), 50_000 - $0) })
            #expect(lease.pause(now: 50_000, beats: beats) == pause, "\(ages)")
        }
        var observer = lease
        _ = observe(&observer, from: 0, to: 10_000)
        let next = 10_000 + observer.pause(now: 10_000, beats: [dead: 0])
        #expect(observer.observed(now: next, beats: [dead: 0]) == [dead])
    }

    @Test("dead workers are news until they are taken, and again when more are found")
    func news() {
        let found = DeadWorkers()
        #expect(!found.news.isRaised)
        found.note([])
        #expect(!found.news.isRaised)
        found.note([dead])
        found.note([dead])
        #expect(found.news.isRaised && found.take() == [dead])
        #expect(!found.news.isRaised && found.take().isEmpty)
        found.note([dead])
        #expect(found.news.isRaised)
    }

    @Test("right after an outage nobody is dead: the observer must have seen the server for a whole lease")
    func afterOutage() {
        var lease = Lease(length: .seconds(10))
        _ = observe(&lease, from: 0, to: 5000)
        lease.lostSight()
        #expect(observe(&lease, from: 60_000, to: 67_500) == [])
        #expect(observe(&lease, from: 70_000, to: 70_000) == [dead])
    }

    @Test("an observer that slept starts over, for it does not know what it missed")
    func slept() {
        var lease = Lease(length: .seconds(10))
        _ = observe(&lease, from: 0, to: 10_000)
        #expect(lease.observed(now: 40_000, beats: [dead: 0]) == [])
        #expect(lease.observed(now: 42_500, beats: [dead: 0]) == [])
    }

    @Test("a server whose clock jumped back is seen for the first time")
    func clockBack() {
        var lease = Lease(length: .seconds(10))
        _ = observe(&lease, from: 20_000, to: 32_500)
        #expect(lease.observed(now: 1000, beats: [dead: -20_000]) == [])
    }
}

@Suite struct ReadWatchTests {
    @Test("a read that does not succeed is stuck after the patience, however often it is tried; a pool without room is not")
    func stuck() {
        let watch = ReadWatch()
        let (tickets, forks) = (QueuePartition(queue: "tickets", index: 0), QueuePartition(queue: "forks", index: 0))
        let start = ContinuousClock.now
        watch.wanted(tickets, now: start)
        watch.wanted(forks, now: start)
        watch.settled(forks)
        watch.wanted(tickets, now: start + .seconds(20))
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(30)) == [])
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(31)) == [tickets])
        watch.settled(tickets)
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(99)) == [])
    }

    @Test("the express read of a partition and the ordinary one do not speak for each other, and the partition is told once")
    func express() {
        let watch = ReadWatch()
        let tickets = QueuePartition(queue: "tickets", index: 0)
        let start = ContinuousClock.now
        watch.wanted(tickets, now: start)
        watch.wanted(tickets, isExpress: true, now: start)
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(31)) == [tickets])
        watch.settled(tickets, isExpress: true)
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(31)) == [tickets])
        watch.wanted(tickets, isExpress: true, now: start)
        watch.settled(tickets)
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(31)) == [tickets])
        watch.settled(tickets, isExpress: true)
        #expect(watch.stuck(for: .seconds(30), now: start + .seconds(31)) == [])
    }
}

/// The same sequence for the same seed.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }
}
