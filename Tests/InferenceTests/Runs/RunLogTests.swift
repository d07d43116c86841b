import Foundation
import Redis
import Testing

@testable import Inference

/// The log's scripts against a real Redis.
@Suite("The run log", .timeLimit(.minutes(2))) struct RunLogTests {
    private func entries(_ epoch: UInt64, _ range: ClosedRange<UInt64>) -> [RunLogEntry] {
        range.map { RunLogEntry(id: RunEventID(epoch: epoch, number: $0), payload: RunEvent.chunk(StreamChunk(.text, "\($0)\u{0}é")).payload) }
    }

    private func append(
        _ entries: [RunLogEntry], to identity: RunIdentity, epoch: UInt64, begins: Bool = false, terminal: Bool = false, in log: RunLog
    ) async throws -> RunLog.Appended {
        if begins { _ = try await log.claim(identity, epoch: epoch) }
        return try await log.append(
            entries, to: identity, epoch: epoch, at: begins ? .again : .continue, renewsLifetime: begins, terminal: terminal ? entries.last?.id : nil)
    }

    @Test("What is appended is read back byte for byte, from any cursor, and has a time to live")
    func appending() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let all = entries(1, 1...5)
            #expect(try await append(Array(all[..<2]), to: identity, epoch: 1, begins: true, in: fixture.log) == .appended)
            #expect(try await append(Array(all[2...]), to: identity, epoch: 1, in: fixture.log) == .appended)
            #expect(try await fixture.log.readAll(identity.run) == all)
            for cut in 0..<5 {
                #expect(try await fixture.log.read(identity.run, after: all[cut].id, count: 100) == Array(all[(cut + 1)...]))
            }
            let keys = fixture.log.keys(identity.run)
            for key in [keys.log, keys.meta] {
                let life = try await fixture.runLog.send(RedisCommand("PTTL", .string(key))).integer ?? -1
                #expect(life > 0, "\(key)")
            }
            #expect(
                try await fixture.log.meta(identity.run) == RunLogMeta(workspace: identity.workspace, acceptedAt: identity.acceptedAt, ended: nil))
        }
    }

    @Test("An append that is repeated, whole or in part, adds nothing twice")
    func repeated() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let all = entries(1, 1...4)
            _ = try await append(Array(all[..<3]), to: identity, epoch: 1, begins: true, in: fixture.log)
            #expect(try await append(Array(all[..<3]), to: identity, epoch: 1, begins: true, in: fixture.log) == .appended)
            #expect(try await append(all, to: identity, epoch: 1, in: fixture.log) == .appended)
            #expect(try await fixture.log.readAll(identity.run) == all)
        }
    }

    @Test("A stale attempt's append is refused from the moment its successor claims the run")
    func fencing() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let first = entries(1, 1...2)
            _ = try await append(first, to: identity, epoch: 1, begins: true, in: fixture.log)
            #expect(try await fixture.log.claim(identity, epoch: 2) == .claimed(.shown(last: first.last?.id, at: nil)))
            #expect(try await append(entries(1, 3...3), to: identity, epoch: 1, in: fixture.log) == .stale(owner: 2))
            #expect(try await fixture.log.claim(identity, epoch: 1) == .stale(owner: 2))
            let second = entries(2, 1...1)
            #expect(try await append(second, to: identity, epoch: 2, in: fixture.log) == .appended)
            #expect(try await append(entries(1, 3...3), to: identity, epoch: 1, begins: true, in: fixture.log) == .stale(owner: 2))
            #expect(try await fixture.log.readAll(identity.run) == first + second)
        }
    }

    @Test("Nothing follows the terminal event; the terminal itself may be sent again")
    func terminal() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let all = entries(1, 1...2)
            let first = try await append(all, to: identity, epoch: 1, begins: true, terminal: true, in: fixture.log)
            #expect(first == .appended)
            #expect(try await append(all, to: identity, epoch: 1, terminal: true, in: fixture.log) == .appended)
            #expect(try await append(entries(1, 3...3), to: identity, epoch: 1, in: fixture.log) == .ended(all[1].id))
            #expect(try await append(entries(2, 1...1), to: identity, epoch: 2, begins: true, in: fixture.log) == .ended(all[1].id))
            #expect(try await fixture.log.readAll(identity.run) == all)
            #expect(try await fixture.log.meta(identity.run)?.ended == all[1].id)
        }
    }

    @Test("A log that was lost says so, instead of beginning in the middle")
    func lost() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let keys = fixture.log.keys(identity.run)
            _ = try await append(entries(1, 1...2), to: identity, epoch: 1, begins: true, in: fixture.log)
            _ = try await fixture.runLog.send(RedisCommand("DEL", .string(keys.log), .string(keys.meta)))
            #expect(try await append(entries(1, 3...3), to: identity, epoch: 1, in: fixture.log) == .missing)
            #expect(try await fixture.log.readAll(identity.run).isEmpty)
        }
    }

    @Test("An anchor is kept with the events that it stands behind, or not at all")
    func anchors() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            func anchor(_ sequence: Int) -> RunAnchor {
                RunAnchor(step: 1, position: AnswerPosition(answer: "resp_1", sequence: sequence, calls: [], told: []))
            }
            func append(_ number: UInt64, epoch: UInt64 = 1, begins: Bool = false, _ anchor: RunAnchor?) async throws -> RunLog.Appended {
                if begins { _ = try await fixture.log.claim(identity, epoch: epoch) }
                return try await fixture.log.append(
                    entries(epoch, number...number), to: identity, epoch: epoch, at: begins ? .again : .continue, renewsLifetime: false,
                    anchor: anchor)
            }
            #expect(try await fixture.log.standing(identity.run) == RunLogStanding())
            #expect(try await append(1, begins: true, anchor(4)) == .appended)
            #expect(try await append(2, nil) == .appended)
            #expect(try await fixture.log.standing(identity.run) == RunLogStanding(anchor: anchor(4)))
            #expect(try await append(3, anchor(6)) == .appended)
            _ = try await fixture.log.claim(identity, epoch: 2)
            #expect(try await append(4, anchor(9)) == .stale(owner: 2))
            #expect(try await fixture.log.standing(identity.run) == RunLogStanding(anchor: anchor(6)))

            // A journal that writes a lost log again writes its anchor, too, with the last page.
            let other = fixture.identity()
            let journal = RunJournal(log: fixture.log, identity: other, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append((1...300).map { .chunk(StreamChunk(.text, "\($0)")) }, anchor: anchor(300))
            try await fixture.loseLog(of: other.run)
            try await journal.append([.usage(TokenUsage(input: 1))])
            let standing = try await fixture.log.standing(other.run)
            #expect(standing.anchor == anchor(300))
            #expect(standing.reach == RunEventID(epoch: 1, number: 301))
            #expect(try await fixture.log.readAll(other.run).last?.id == standing.reach)
        }
    }

    @Test("A journal writes a lost log again, whole, with the same ids")
    func journal() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append([.stepStarted(step: 1), .chunk(StreamChunk(.text, "a"))])
            let before = try await fixture.log.readAll(identity.run)
            try await fixture.loseLog(of: identity.run)
            try await journal.append([.chunk(StreamChunk(.text, "b"))])
            let after = try await fixture.log.readAll(identity.run)
            #expect(Array(after.prefix(2)) == before)
            #expect(after.ids == ["1-1", "1-2", "1-3"])
            #expect(try await fixture.log.meta(identity.run)?.workspace == identity.workspace)
        }
    }

    @Test("A journal that was overtaken stops with an error and writes nothing")
    func overtaken() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
            try await journal.append([.chunk(StreamChunk(.text, "a"))])
            _ = try await fixture.log.claim(identity, epoch: 2)
            await #expect(throws: RunStore.Superseded.self) { try await journal.append([.chunk(StreamChunk(.text, "b"))]) }
            #expect(try await fixture.log.readAll(identity.run).ids == ["1-1"])
        }
    }

    @Test("A log begins only where its run is known, for nothing else would refuse an attempt that was overtaken before its first event")
    func unknown() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            func begin() async throws -> RunLog.Appended {
                try await fixture.log.append(entries(1, 1...1), to: identity, epoch: 1, at: .begin, renewsLifetime: true)
            }
            #expect(try await begin() == .missing)
            #expect(try await fixture.log.readAll(identity.run).isEmpty)
            try await fixture.log.announce(identity)
            #expect(try await begin() == .appended)

            let late = try await LostWorker(fixture, isAnnounced: false)
            try await late.claim()
            await #expect(throws: RunStore.Superseded.self) { try await late.tell([.chunk(StreamChunk(.text, "a"))]) }
            #expect(try await fixture.log.readAll(late.identity.run).isEmpty)
        }
    }

    @Test("What was written of a run is written again when its log was lost in a silence")
    func restored() async throws {
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture, isAnnounced: false)
            try await lost.journal.restore()
            #expect(try await fixture.log.meta(lost.identity.run) == nil, "there is nothing to write")
            let told = try await lost.tell([.chunk(StreamChunk(.text, "a"))])
            try await lost.journal.restore()
            #expect(try await fixture.log.readAll(lost.identity.run) == told)
            try await fixture.loseLog(of: lost.identity.run)
            try await lost.journal.restore()
            #expect(try await fixture.log.readAll(lost.identity.run) == told)
        }
    }

    @Test("The end of a run is noted once, and only of a run that is known")
    func noting() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let (first, second) = (RunEventID(epoch: 1, number: 4), RunEventID(epoch: 1, number: 5))
            try await fixture.log.note(end: first, of: identity.run)
            #expect(try await fixture.log.meta(identity.run) == nil)
            try await fixture.log.announce(identity)
            try await fixture.log.note(end: first, of: identity.run)
            try await fixture.log.note(end: second, of: identity.run)
            #expect(try await fixture.log.meta(identity.run)?.ended == first)
        }
    }

    @Test("A lost log, which forgot its owner, is written again by whom the run's row calls its owner, and by nobody else")
    func lostWithItsOwner() async throws {
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            let told = try await lost.tell([.chunk(StreamChunk(.text, "a"))])
            try await fixture.loseLog(of: lost.identity.run)
            try await lost.journal.append([.chunk(StreamChunk(.text, "b"))])
            #expect(try await fixture.log.readAll(lost.identity.run).ids == told.ids + ["1-3"])

            try await lost.claim()
            _ = try await fixture.log.claim(lost.identity, epoch: 2)
            try await fixture.loseLog(of: lost.identity.run)
            await #expect(throws: RunStore.Superseded.self) { try await lost.journal.append([.chunk(StreamChunk(.text, "c"))]) }
            #expect(try await fixture.log.readAll(lost.identity.run).isEmpty)
        }
    }

    @Test("The log is bounded")
    func bounded() async throws {
        try await InferenceFixture.with(policy: { $0.entries = 50 }) { fixture in
            let identity = fixture.identity()
            _ = try await append(entries(1, 1...400), to: identity, epoch: 1, begins: true, in: fixture.log)
            let kept = try await fixture.log.readAll(identity.run)
            #expect(kept.count < 400)
            #expect(kept.count >= 50)
            #expect(kept.last?.id.number == 400)
        }
    }

    @Test("A run is announced before its first event, and another's meta is nobody's")
    func announcing() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            #expect(try await fixture.log.meta(identity.run) == nil)
            let asked = RunAsked(answering: "o/ada", previous: UUID())
            try await fixture.log.announce(identity, asked: asked)
            #expect(try await fixture.log.meta(identity.run)?.workspace == identity.workspace)
            #expect(try await fixture.log.claim(identity, epoch: 1) == .claimed(.nothing))
            #expect(try await fixture.log.meta(identity.run)?.asked == asked)
        }
    }
}
