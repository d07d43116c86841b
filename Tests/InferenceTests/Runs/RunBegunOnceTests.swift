import Foundation
import Jobs
import Postgres
import Redis
import TestSupport
import Testing

@testable import Inference

/// No commit stands before a first word, and yet nothing that was shown is begun again: what nobody knows is taken for shown.
@Suite("A run is begun once", .timeLimit(.minutes(1))) struct RunBegunOnceTests {
    /// What became of the log of a run whose worker was lost.
    enum Fate: CaseIterable, Sendable {
        case intact
        /// Its Redis is back without it. (Of this run only: other tests' runs are in the same server.)
        case lost
        /// Its Redis is another one that was given what the first had.
        case restored
        /// The stream was evicted, or is past its time to live, and the meta is there.
        case withoutStream
        /// No ingress could tell the log of the run.
        case unannounced

        func befall(_ lost: LostWorker) async throws {
            let (keys, redis) = (lost.fixture.log.keys(lost.identity.run), lost.fixture.runLog)
            switch self {
            case .intact, .unannounced: break
            case .lost: try await lost.fixture.loseLog(of: lost.identity.run)
            case .restored: _ = try await redis.send(RedisCommand("HSET", .string(keys.meta), "life", "another"))
            case .withoutStream: _ = try await redis.send(RedisCommand("DEL", .string(keys.log)))
            }
        }
    }

    private func answering(_ text: String, asked: Collected<ProviderRequest>) -> PlayedProvider {
        PlayedProvider { request, receive in
            asked.add(request)
            try await receive(.text(text))
            try await receive(.stopped)
        }
    }

    private let request = RunRequest(messages: [RunMessage(.user, "Hi")])

    @Test(
        "and shows its first word while nobody can write its row, whether it may be gone on with or not",
        arguments: [InterruptionPolicy.incomplete, .continue])
    func withoutCommit(policy: InterruptionPolicy) async throws {
        let (asked, permits) = (Permits(), Permits())
        let provider = PlayedProvider { _, receive in
            asked.give()
            try await permits.take()
            try await receive(.text("first"))
            try await permits.take()
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(RunRequest(messages: [RunMessage(.user, "Hi")], onInterruption: policy))
                try await asked.take()
                try await fixture.holdingRun(id) {
                    permits.give()
                    try await eventually("it shows") { try await fixture.log.readAll(id).text == "first" }
                    let run = try await fixture.store.run(id, workspace: fixture.workspace)
                    #expect(run?.state == .running && run?.firstEventAt == nil)
                }
                let shownBefore = Date()
                // So that the time of the end is told from it.
                try await ContinuousClock().sleep(for: .milliseconds(50))
                permits.give()
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                let firstEventAt = try #require(run.firstEventAt)
                #expect(firstEventAt <= shownBefore && firstEventAt >= run.startedAt)
            }
        }
    }

    @Test("and again by the next worker where the log proves that nothing was shown; else it ends as interrupted", arguments: Fate.allCases)
    func silent(fate: Fate) async throws {
        let asked = Collected<ProviderRequest>()
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture, isAnnounced: fate != .unannounced)
            try await fate.befall(lost)
            try await fixture.withEngine([answering("again", asked: asked)]) { engine in
                try await lost.passOn(to: engine, request)
                let run = try await engine.finished(lost.identity.run)
                let log = try await engine.wholeLog(run.id)
                #expect(run.attempts == 2 && log.ids.first == "2-1")
                // There was no stream yet that could have gone alone.
                guard [.intact, .withoutStream].contains(fate) else {
                    #expect(run.incompleteReason == .interrupted && run.text.isEmpty && run.firstEventAt == nil && asked.all.isEmpty)
                    #expect(log.types == ["run.started", "step.started", "usage", "step.finished", "run.incomplete"])
                    return
                }
                #expect(run.state == .completed && run.text == "again" && asked.all.count == 1)
            }
        }
    }

    @Test("and never again once it has shown something, whatever became of its log", arguments: Fate.allCases)
    func shown(fate: Fate) async throws {
        let asked = Collected<ProviderRequest>()
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture, isAnnounced: fate != .unannounced)
            try await lost.tell([.stepStarted(step: 1), .chunk(StreamChunk(.text, "half"))], policy: nil)
            let shownBefore = Date()
            try await fate.befall(lost)
            try await fixture.withEngine([answering("again", asked: asked)]) { engine in
                try await lost.passOn(to: engine, request)
                let run = try await engine.finished(lost.identity.run)
                #expect(run.incompleteReason == .interrupted && asked.all.isEmpty)
                let isLegible = fate != .lost && fate != .withoutStream
                #expect(run.text == (isLegible ? "half" : ""))
                let isOfThen = run.firstEventAt.map { $0 <= shownBefore }
                #expect(isOfThen == (isLegible ? true : nil), "its time is the log's, or nobody's")
                #expect(try await engine.wholeLog(run.id).types.filter { $0 == "run.started" }.count == 1)
            }
        }
    }

    @Test("and its row says so before its first word where the log cannot, and only there", arguments: [true, false])
    func marked(isAnnounced: Bool) async throws {
        let permits = Permits()
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([PlayedProvider.inTwoPieces(permits)]) { engine in
                let id = try await engine.accept(isAnnounced: isAnnounced)
                try await eventually("it shows") { try await fixture.log.readAll(id).text == "a" }
                let marked = "select count(*) from runs where id = '\(id)' and first_event_at is not null and shown_step = 1"
                #expect(try await fixture.database.psql(marked) == (isAnnounced ? "0\n" : "1\n"))
                permits.give()
                #expect(try await engine.finished(id).text == "ab")
            }
        }
    }

    @Test("and again where every attempt before gave it back: these have shown nothing, and no log need say so")
    func givenBack() async throws {
        let asked = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            asked.add(1)
            guard asked.all.count > 1 else {
                return try await receive(.ended(StepEnding(.failed(InferenceError(.overloaded, "busy")))))
            }
            try await receive(.text("again"))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let run = try await engine.finished(try await engine.accept(isAnnounced: false))
                #expect(run.state == .completed && run.text == "again" && run.attempts == 2)
            }
        }
    }

    // MARK: What the log says

    private func begin(_ identity: RunIdentity, epoch: UInt64, at place: RunLog.Place = .begin, in log: RunLog) async throws -> RunLog.Appended {
        let entry = RunLogEntry(id: RunEventID(epoch: epoch, number: 1), payload: RunEvent.stepStarted(step: 1).payload)
        return try await log.append(
            [entry], to: identity, epoch: epoch, at: place, renewsLifetime: true, receivedAt: ReceiptTime(microseconds: 1_700_000_000_000_000))
    }

    @Test("as its log tells: nothing, something and since when, or that it does not know")
    func findings() async throws {
        try await InferenceFixture.with { fixture in
            let log = fixture.log
            let identity = fixture.identity()
            #expect(try await log.claim(identity, epoch: 2) == .claimed(.unknown))
            #expect(try await begin(identity, epoch: 1, in: log) == .stale(owner: 2))
            #expect(try await begin(identity, epoch: 2, in: log) == .missing, "a claim is no announcement")

            let known = fixture.identity()
            try await log.announce(known)
            #expect(try await log.claim(known, epoch: 2) == .claimed(.nothing))
            #expect(try await log.claim(known, epoch: 2) == .claimed(.nothing), "the answer to the first was lost")
            #expect(try await begin(known, epoch: 2, in: log) == .appended)
            #expect(try await begin(known, epoch: 2, in: log) == .appended)
            let first = RunEventID(epoch: 2, number: 1)
            let since = Date(timeIntervalSince1970: 1_700_000_000)
            #expect(try await log.claim(known, epoch: 3) == .claimed(.shown(last: first, at: since)))
            let shown = try await fixture.runLog.send(RedisCommand("HGET", .string(log.keys(known.run).meta), "shown"))
            #expect(shown.string == "1700000000000000")
            _ = try await fixture.runLog.send(RedisCommand("DEL", .string(log.keys(known.run).log)))
            #expect(try await log.claim(known, epoch: 3) == .claimed(.shown(last: nil, at: since)))
        }
    }

    @Test("though its announcement came late: it vouches for nothing that was shown before")
    func late() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            #expect(try await begin(identity, epoch: 1, in: fixture.log) == .missing)
            #expect(try await fixture.log.claim(identity, epoch: 1) == .claimed(.unknown))
            #expect(try await begin(identity, epoch: 1, at: .again, in: fixture.log) == .appended)
            try await fixture.log.announce(identity)
            _ = try await fixture.runLog.send(RedisCommand("DEL", .string(fixture.log.keys(identity.run).log)))
            guard case .claimed(.shown(last: nil, at: _)) = try await fixture.log.claim(identity, epoch: 2) else {
                throw TestSupportError("it forgot what was shown")
            }
        }
    }

    @Test("and what its row said before its log was lost again is not written into the next one")
    func askedElsewhere() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let asked = Collected<Bool>()
            let journal = RunJournal(
                log: fixture.log, identity: identity, epoch: 1,
                isOwned: { isEnded in
                    asked.add(isEnded)
                    // The first answer is old by the time it comes: the run was taken over and ended, and the log lost.
                    guard asked.all.count == 1 else { return false }
                    try await fixture.loseLog(of: identity.run)
                    return true
                }, clock: ContinuousClock())
            await #expect(throws: RunStore.Superseded.self) { try await journal.append([.stepStarted(step: 1)]) }
            let shown = try await fixture.log.readAll(identity.run)
            #expect(shown.isEmpty)
        }
    }

    @Test("and one that was announced to an older memory is not vouched for, not to who begins nor to who takes over")
    func otherLife() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let meta = fixture.log.keys(identity.run).meta
            try await fixture.log.announce(identity)
            _ = try await fixture.runLog.send(RedisCommand("HSET", .string(meta), "life", "another"))
            try await fixture.log.announce(identity)
            let life = try await fixture.runLog.send(RedisCommand("HGET", .string(meta), "life")).string
            #expect(life == "another", "said again it is no younger")
            #expect(try await begin(identity, epoch: 1, in: fixture.log) == .missing)
            #expect(try await fixture.log.claim(identity, epoch: 2) == .claimed(.unknown))
        }
    }
}
