import Foundation
import Jobs
import Postgres
import Redis
import TestSupport
import Testing

@testable import Inference

/// Runs through the real engine: producer, queue, worker, PostgreSQL, log.
@Suite("A run", .timeLimit(.minutes(2))) struct RunExecutionTests {
    @Test("goes from its queue through the built-in provider to its row, its log and its archive, which are the same")
    func whole() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine { engine in
                let id = try await engine.accept("Hello there", model: "scripted-fast")
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                #expect(run.text.contains("“Hello there”"))
                #expect(run.provider == "scripted")
                #expect(run.finish == FinishReason(.stop, raw: "stop"))
                #expect(run.epoch == 1)
                #expect(run.attempts == 1)
                #expect((run.usage.output ?? 0) > 5)
                #expect((run.ttftMilliseconds ?? 0) > 0)
                #expect(run.firstEventAt != nil)

                let log = try await engine.wholeLog(id)
                #expect(log.types.first == "run.started")
                #expect(log.types.filter { $0 == "step.started" } == ["step.started"])
                #expect(log.types.suffix(3) == ["usage", "step.finished", "run.completed"])
                #expect(try log.text == run.text)
                #expect(log.ids == (1...log.count).map { "1-\($0)" })
                #expect(try await fixture.store.archive(of: id, workspace: fixture.workspace) == log)

                let steps = try await fixture.pool.query(
                    .workspaces([fixture.workspace]), "select step, state, finish, output_tokens from run_steps where run_id = $1", id)
                #expect(steps.count == 1)
                #expect(try steps[0].decode("state", as: String.self) == "completed")
            }
        }
    }

    @Test("shows each piece before the next one exists")
    func incremental() async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            for number in 1...3 {
                try await permits.take()
                try await receive(.text("\(number)"))
            }
            try await permits.take()
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                for number in 1...3 {
                    permits.give()
                    try await eventually("piece \(number) is there") { try await fixture.log.readAll(id).text.hasSuffix("\(number)") }
                }
                permits.give()
                #expect(try await engine.finished(id).text == "123")
            }
        }
    }

    @Test("is cancelled in mid-stream within a second, keeps what it showed, and lets go of its provider")
    func cancelled() async throws {
        let (ends, end) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let provider = PlayedProvider { _, receive in
            try await receive(.text("part"))
            do {
                try await Permits().take()
            } catch {
                end.yield(.now)
                throw error
            }
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                try await eventually("it streams") { try await !fixture.log.readAll(id).isEmpty }
                try await fixture.store.requestCancellation(of: id, workspace: fixture.workspace, by: nil)
                let asked = ContinuousClock.now
                try await fixture.log.announceCancellation(of: id)
                for await ended in ends {
                    #expect(asked.duration(to: ended) < .seconds(1))
                    break
                }
                let run = try await engine.finished(id)
                #expect(run.state == .cancelled)
                #expect(run.text == "part")
                #expect(try await engine.wholeLog(id).types.suffix(2) == ["step.finished", "run.cancelled"])
                #expect(try await engine.producer.status(id, workspace: fixture.workspace)?.state == .cancelled)
            }
        }
    }

    @Test("is cancelled although the announcement was lost")
    func unannouncedCancellation() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("part"))
            try await Permits().take()
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                try await eventually("it streams") { try await !fixture.log.readAll(id).isEmpty }
                try await fixture.store.requestCancellation(of: id, workspace: fixture.workspace, by: nil)
                #expect(try await engine.finished(id).state == .cancelled)
            }
        }
    }

    @Test("that was cancelled before it began never asks its provider")
    func cancelledBefore() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked") }
        try await InferenceFixture.with { fixture in
            let id = UUID.version7()
            try await fixture.store.requestCancellation(of: id, workspace: fixture.workspace, by: nil)
            try await fixture.withEngine([provider]) { engine in
                _ = try await engine.accept(id: id)
                #expect(try await engine.finished(id).state == .cancelled)
                #expect(try await engine.wholeLog(id).types == ["run.started", "run.cancelled"])
            }
        }
    }

    @Test("whose worker was lost after the first event ends as interrupted, and its provider is not asked again")
    func interrupted() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            let first = try await lostAttempt(identity, fixture, events: [.stepStarted(step: 1), .chunk(StreamChunk(.text, "half an ans"))])
            try await fixture.withEngine([provider]) { engine in
                _ = try await engine.accept(id: identity.run)
                let run = try await engine.finished(identity.run)
                #expect(run.state == .incomplete)
                #expect(run.incompleteReason == .interrupted)
                #expect(run.text == "half an ans")
                #expect(run.epoch == 2)
                let log = try await engine.wholeLog(identity.run)
                #expect(Array(log.prefix(first.count)) == first)
                #expect(log.ids == ["1-1", "1-2", "2-1", "2-2", "2-3"])
                #expect(log.types.suffix(3) == ["usage", "step.finished", "run.incomplete"])
                // "Hi", and eleven bytes of an answer.
                let usage = TokenUsage(input: 1, output: 3, isEstimated: true)
                #expect(try log.events.last == .incomplete(reason: .interrupted, finish: nil, usage: usage))
                #expect(try await fixture.store.archive(of: identity.run, workspace: fixture.workspace) == log)
            }
        }
    }

    @Test("whose worker and log were both lost after the first event is not begun again either")
    func interruptedWithoutLog() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            _ = try await lostAttempt(identity, fixture, events: [])
            try await fixture.pool.transaction(.workspaces([fixture.workspace])) {
                fixture.store.submitShown(step: 1, of: identity, epoch: 1, in: $0)
            }
            try await fixture.withEngine([provider]) { engine in
                _ = try await engine.accept(id: identity.run)
                let run = try await engine.finished(identity.run)
                #expect(run.incompleteReason == .interrupted)
                let types = ["run.started", "step.started", "usage", "step.finished", "run.incomplete"]
                #expect(try await engine.wholeLog(identity.run).types == types)
                #expect(run.usage.isEstimated, "what nobody can read any more was asked for all the same")
            }
        }
    }

    @Test("whose worker was lost before the first event is begun again under the next epoch")
    func begunAgain() async throws {
        try await InferenceFixture.with { fixture in
            let identity = fixture.identity()
            _ = try await lostAttempt(identity, fixture, events: [])
            try await fixture.withEngine { engine in
                _ = try await engine.accept(model: "scripted-fast", id: identity.run)
                let run = try await engine.finished(identity.run)
                #expect(run.state == .completed)
                #expect(run.attempts == 2)
                #expect(try await engine.wholeLog(identity.run).ids.first == "2-1")
            }
        }
    }

    @Test(
        "that was taken over in mid-stream is finished by its new owner; the old one's events and end are refused, even by a log that was lost",
        arguments: [false, true])
    func fenced(isLogLost: Bool) async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            try await receive(.text("old"))
            try await permits.take()
            try await receive(.text(" late"))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            let agents = GatedAgent()
            try await fixture.withEngine([provider], agents: agents) { engine in
                let id = try await engine.accept(agent: "o/ada")
                try await eventually("it streams") { try await !fixture.log.readAll(id).isEmpty }
                let before = try await fixture.log.readAll(id)
                // Another worker takes the run while this one is stopped, and then lets this one go on.
                let identity = RunIdentity(run: id, workspace: fixture.workspace, acceptedAt: 0)
                let claim = try await claim(identity, fixture)
                #expect(claim.epoch == 2)
                _ = try await fixture.log.claim(identity, epoch: 2)
                let journal = RunJournal(
                    log: fixture.log, identity: identity, epoch: 2, earlier: before, isOwned: { _ in true }, clock: ContinuousClock())
                if isLogLost { try await fixture.loseLog(of: identity.run) }
                permits.give(2)
                // Its job comes again, and is held before it can claim the run.
                try await eventually("the old owner has given up") { agents.calls.all.count == 2 }
                #expect(try await fixture.log.readAll(id) == (isLogLost ? [] : before))
                let (archive, transcript) = await journal.conclude(with: .incomplete(reason: .interrupted, finish: nil, usage: nil))
                let outcome = RunOutcome(
                    state: .incomplete, transcript: transcript, incompleteReason: .interrupted, error: nil, archive: archive, firstOutput: nil,
                    step: nil)
                try await fixture.pool.transaction(.workspaces([fixture.workspace])) {
                    try await fixture.store.finish(identity, epoch: 2, provider: "p", model: "m", outcome: outcome, in: $0)
                }
                try await journal.deliverConclusion()
                agents.gate.give()
                let run = try await engine.finished(id)
                #expect(run.state == .incomplete)
                #expect(run.incompleteReason == .interrupted)
                #expect(run.text == "old")
                let log = try await engine.wholeLog(id)
                #expect(try log.text == "old")
                #expect(log.types.filter(RunEvent.isTerminal).count == 1)
            }
        }
    }

    /// What a log that an overtaken worker comes back to knows of its successor.
    enum Recollection: CaseIterable, Sendable {
        case whole
        case lost
        /// As it was before the successor came, brought back by another server.
        case older
    }

    @Test("that was taken over before its first event shows nothing: the log refuses it, or else the row", arguments: Recollection.allCases)
    func overtakenInSilence(recollection: Recollection) async throws {
        let permits = Permits()
        let asked = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            asked.add(1)
            try await permits.take()
            try await receive(.text("\(asked.all.count)"))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            let agents = GatedAgent()
            try await fixture.withEngine([provider], agents: agents) { engine in
                let id = try await engine.accept(agent: "o/ada")
                try await eventually("the model is asked") { asked.all.count == 1 }
                let identity = RunIdentity(run: id, workspace: fixture.workspace, acceptedAt: 0)
                let claim = try await claim(identity, fixture)
                #expect(claim.epoch == 2)
                #expect(try await fixture.log.claim(identity, epoch: 2) == .claimed(.nothing))
                let meta = fixture.log.keys(id).meta
                switch recollection {
                case .whole: break
                case .lost: try await fixture.loseLog(of: id)
                case .older:
                    _ = try await fixture.runLog.send(RedisCommand("HDEL", .string(meta), "epoch"))
                    _ = try await fixture.runLog.send(RedisCommand("HSET", .string(meta), "life", "another"))
                }
                permits.give(2)
                try await eventually("the old owner has given up") { agents.calls.all.count == 2 }
                #expect(try await fixture.log.readAll(id).isEmpty)
                agents.gate.give()
                let run = try await engine.finished(id)
                #expect(try await engine.wholeLog(id).ids.first == "3-1")
                if recollection == .whole {
                    #expect(run.text == "2")
                } else {
                    #expect(run.incompleteReason == .interrupted && asked.all.count == 1)
                }
            }
        }
    }

    @Test("is tried again when its provider fails before the first event, and only then")
    func retried() async throws {
        let attempts = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            attempts.add(1)
            if attempts.all.count < 3 {
                try await receive(.ended(StepEnding(.failed(InferenceError(.overloaded, "busy")))))
            } else {
                try await receive(.text("third time"))
                try await receive(.stopped)
            }
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                let run = try await engine.finished(id)
                #expect(run.text == "third time")
                #expect(run.attempts == 3)
                #expect(try await engine.wholeLog(id).ids.first == "3-1")
            }
        }
    }

    @Test("that fails after it showed something fails honestly and at once")
    func failsAfterOutput() async throws {
        let attempts = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            attempts.add(1)
            try await receive(.text("some"))
            try await receive(.ended(StepEnding(.failed(InferenceError(.overloaded, "busy", provider: "played", status: 529)))))
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                let run = try await engine.finished(id)
                #expect(run.state == .failed)
                #expect(run.errorKind == .overloaded)
                #expect(run.text == "some")
                #expect(attempts.all.count == 1)
                #expect(try await engine.wholeLog(id).types.last == "run.failed")
                #expect(try await engine.producer.status(id, workspace: fixture.workspace)?.state == .done)
            }
        }
    }

    @Test("whose error no retry cures fails at the first")
    func permanentFailure() async throws {
        let attempts = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            attempts.add(1)
            try await receive(.ended(StepEnding(.failed(InferenceError(.authentication, "no")))))
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                #expect(try await engine.finished(id).errorKind == .authentication)
                #expect(attempts.all.count == 1)
                #expect(try await engine.wholeLog(id).types == ["run.started", "step.started", "step.finished", "run.failed"])
            }
        }
    }

    @Test("whose provider asks for more patience than anybody has fails at the first, and says how long")
    func impatient() async throws {
        let attempts = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            attempts.add(1)
            try await receive(.ended(StepEnding(.failed(InferenceError(.rateLimited, "slow down", retryAfter: .seconds(3600))))))
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                #expect(try await engine.finished(id).errorKind == .rateLimited)
                #expect(attempts.all.count == 1)
                guard case .failed(let error)? = try await engine.wholeLog(id).events.last else { throw TestSupportError("it did not fail") }
                #expect(error.retryAfter == .seconds(3600))
            }
        }
    }

    @Test("that said nothing is complete and empty; a failure with a count alone is tried again")
    func empty() async throws {
        let attempts = Collected<Int>()
        let provider = PlayedProvider { _, receive in
            attempts.add(1)
            try await receive(.usage(TokenUsage(input: 3)))
            if attempts.all.count == 1 {
                try await receive(.ended(StepEnding(.failed(InferenceError(.overloaded, "busy")))))
            } else {
                try await receive(.stopped)
            }
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                let run = try await engine.finished(id)
                #expect(run.state == .completed)
                #expect(run.text.isEmpty)
                #expect(run.usage.input == 3)
                #expect(attempts.all.count == 2)
                #expect(try await engine.wholeLog(id).types == ["run.started", "step.started", "usage", "step.finished", "run.completed"])
            }
        }
    }

    @Test("that was cut is incomplete, with what the provider told")
    func truncated() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("cu"))
            try await receive(.ended(StepEnding(.incomplete(.truncated))))
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let run = try await engine.finished(try await engine.accept())
                #expect(run.state == .incomplete)
                #expect(run.incompleteReason == .truncated)
            }
        }
    }

    @Test("that takes longer than a run may ends by its limit")
    func limit() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("slow"))
            try await Permits().take()
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider], limit: .milliseconds(300)) { engine in
                let run = try await engine.finished(try await engine.accept())
                #expect(run.incompleteReason == .timeLimit)
            }
        }
    }

    @Test("whose worker leaves ends as interrupted when it has shown something, and is handed back when not")
    func leaving() async throws {
        let hasBegun = Collected<Int>()
        let provider = PlayedProvider { request, receive in
            if request.messages.last?.content == "speak" { try await receive(.text("half")) }
            hasBegun.add(1)
            try await Permits().take()
        }
        try await InferenceFixture.with { fixture in
            var impatient = fixture.jobs
            impatient.drainBudget = .milliseconds(100)
            let shortLived = InferenceFixture(
                database: fixture.database, pool: fixture.pool, redis: fixture.redis, runLog: fixture.runLog, jobs: impatient,
                configuration: fixture.configuration, logger: fixture.logger)
            let workspace = shortLived.workspace
            let (speaking, silent) = try await shortLived.withEngine([provider]) { engine in
                let ids = (try await engine.accept("speak"), try await engine.accept("be silent"))
                try await eventually("both run, and one has spoken") {
                    let hasSpoken = try await !fixture.log.readAll(ids.0).isEmpty
                    return hasBegun.all.count == 2 && hasSpoken
                }
                return ids
            }
            let run = try #require(await fixture.store.run(speaking, workspace: workspace))
            #expect(run.incompleteReason == .interrupted)
            #expect(run.text == "half")
            #expect(try await fixture.log.readAll(speaking).types.last == "run.incomplete")
            #expect(try await fixture.store.run(silent, workspace: workspace)?.state == .running)
            #expect(try await fixture.log.readAll(silent).isEmpty)
            // The next worker finds the silent one in its queue.
            let answering = PlayedProvider { _, receive in
                try await receive(.text("now"))
                try await receive(.stopped)
            }
            try await shortLived.withEngine([answering]) { engine in
                let run = try await engine.finished(silent)
                #expect(run.text == "now")
            }
            let repeated = try await fixture.database.psql("select repeated_calls from runs where id = '\(silent)'")
            #expect(repeated == "1\n", "the first worker had asked, too")
        }
    }

    @Test("goes on while the log's Redis loses everything: the rest is appended, and what was lost with it")
    func lostLog() async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            for number in 1...4 {
                try await permits.take()
                try await receive(.text("\(number)"))
            }
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                permits.give(2)
                try await eventually("two pieces are there") { try await fixture.log.readAll(id).text == "12" }
                try await fixture.loseLog(of: id)
                permits.give(2)
                #expect(try await engine.finished(id).text == "1234")
                let log = try await engine.wholeLog(id)
                #expect(try log.text == "1234")
                #expect(log.ids.first == "1-1")
            }
        }
    }

    @Test("whose log was lost with its Redis while the model is silent is written again as soon as that is back")
    func lostInSilence() async throws {
        let permits = Permits()
        let provider = PlayedProvider { _, receive in
            try await receive(.text("a"))
            try await permits.take()
            try await receive(.text("b"))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                try await eventually("it has begun") { try await fixture.log.readAll(id).text == "a" }
                let before = try await fixture.log.readAll(id)
                try await fixture.loseLog(of: id)
                try await fixture.killSubscribers()
                try await eventually("the log is back") { try await fixture.log.readAll(id) == before }
                permits.give(1)
                #expect(try await engine.finished(id).text == "ab")
                #expect(try await engine.wholeLog(id).text == "ab")
            }
        }
    }

    @Test("of a flooding model costs fewer appends than it has tokens, and loses none of them")
    func flood() async throws {
        let provider = PlayedProvider { _, receive in
            for number in 0..<5_000 { try await receive(.text("\(number) ")) }
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                let run = try await engine.finished(id)
                #expect(run.text == (0..<5_000).map { "\($0) " }.joined())
                let log = try await engine.wholeLog(id)
                #expect(try log.text == run.text)
                #expect(log.count < 2_500)
            }
        }
    }

    @Test("with NUL characters in its answer is stored without them and streamed with them")
    func nul() async throws {
        let provider = PlayedProvider { _, receive in
            try await receive(.text("a\u{0}b"))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept()
                #expect(try await engine.finished(id).text == "ab")
                #expect(try await engine.wholeLog(id).text == "a\u{0}b")
            }
        }
    }

    @Test("of an agent that is gone, or a model that nobody answers any more, fails with a reason")
    func gone() async throws {
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine { engine in
                let agent = try await engine.finished(try await engine.accept(agent: "o/gone"))
                #expect(agent.errorKind == .notFound)
                let model = try await engine.finished(try await engine.accept(model: "gpt-0"))
                #expect(model.errorKind == .notFound)
            }
        }
    }

    // MARK: Parts of a lost worker's life

    private func claim(_ identity: RunIdentity, _ fixture: InferenceFixture) async throws -> RunClaim {
        let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "m", metadata: [:])
        return try #require(
            await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) })
    }

    /// What a worker leaves that claimed a run, wrote some events and was killed.
    private func lostAttempt(_ identity: RunIdentity, _ fixture: InferenceFixture, events: [RunEvent]) async throws -> [RunLogEntry] {
        let claim = try await claim(identity, fixture)
        #expect(claim.epoch == 1)
        let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
        if !events.isEmpty { try await journal.append(events) }
        return try await fixture.log.readAll(identity.run)
    }
}

/// An agent that whoever asks again has to wait for: it holds an attempt before it claims its run.
private struct GatedAgent: AgentLookup {
    let calls = Collected<Int>()
    let gate = Permits()

    func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? {
        calls.add(1)
        if calls.all.count > 1 { try await gate.take() }
        return AgentCharacter(id: UUID(), label: "o/ada", name: "Ada", system: "Be brief.")
    }
}
