import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import TestSupport
import Testing
import Web

@testable import Inference

/// Runs whose worker is lost, or leaves, while somebody else has the word.
@Suite("A run that waits and is gone on with", .timeLimit(.minutes(1))) struct RunContinuedPauseTests {
    private static let weather = ToolCall.played(0, "weather", #"{"city":"Bonn"}"#)
    private static let tide = ToolCall.played(1, "tide")

    private var request: RunRequest {
        RunRequest(
            messages: [RunMessage(.user, "Hi")], tools: [ToolDefinition(name: "weather"), ToolDefinition(name: "tide")], maxSteps: 4,
            onInterruption: .continue)
    }

    private static func pause(until: Date) -> RunEvent { .paused(RunPause(calls: ["call_0", "call_1"], until: WireCoding.text(until))) }

    @Test("waits for its client as before, and is not told twice that it does")
    func goesOn() async throws {
        let until = Date().addingTimeInterval(60)
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            try await lost.wait(for: Self.weather, Self.tide, step: 1, until: until)
            let told = try await lost.tell(LostWorker.step(1, calling: Self.weather, Self.tide) + [Self.pause(until: until)])
            // Posted while nobody had the run in hand.
            try await fixture.post([ToolResultBody(id: "call_1", output: "high", isError: true)], to: lost.identity.run)
            try await fixture.withEngine([PlayedProvider.calling([[]])]) { engine in
                try await lost.passOn(to: engine, request)
                try await eventually("another worker has it") { try await fixture.log.readAll(lost.identity.run).types.contains("run.resumed") }
                try await fixture.post([ToolResultBody(id: "call_0", output: "rain")], to: lost.identity.run)
                try await fixture.log.announce(.results(lost.identity.run))
                let run = try await engine.finished(lost.identity.run)
                #expect(run.state == .completed && run.text == "rain | error: high")
                let log = try await engine.wholeLog(run.id)
                #expect(Array(log.prefix(told.count)) == told)
                #expect(
                    log.types.dropFirst(told.count) == [
                        "run.resumed", "tool.result", "tool.result", "step.started", "text.delta", "step.finished", "run.completed",
                    ])
            }
        }
    }

    @Test("waits no longer than its client was told at first")
    func originalDeadline() async throws {
        let until = Date().addingTimeInterval(0.3)
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            try await lost.wait(for: Self.weather, Self.tide, step: 1, until: until)
            try await lost.tell(LostWorker.step(1, calling: Self.weather, Self.tide) + [Self.pause(until: until)])
            try await fixture.withEngine([PlayedProvider.calling([[]])], toolWait: .seconds(50)) { engine in
                try await lost.passOn(to: engine, request)
                #expect(try await engine.finished(lost.identity.run).incompleteReason == .toolTimeout)
                #expect(try await engine.wholeLog(lost.identity.run).types.filter { $0 == "run.paused" }.count == 1)
            }
        }
    }

    @Test("begins to wait when its worker was lost before it could say so")
    func beforeTheWait() async throws {
        try await InferenceFixture.with { fixture in
            let lost = try await LostWorker(fixture)
            try await lost.tell(LostWorker.step(1, calling: Self.weather))
            try await fixture.withEngine([PlayedProvider.calling([[]])]) { engine in
                try await lost.passOn(to: engine, request)
                try await eventually("it waits") { try await fixture.log.readAll(lost.identity.run).types.last == "run.paused" }
                try await fixture.post([ToolResultBody(id: "call_0", output: "rain")], to: lost.identity.run)
                try await fixture.log.announce(.results(lost.identity.run))
                #expect(try await engine.finished(lost.identity.run).text == "rain")
            }
        }
    }

    @Test("goes back to its queue when its worker leaves, and the next worker goes on with it")
    func leaving() async throws {
        let seen = Collected<ProviderRequest>()
        let provider = PlayedProvider.calling([[Self.weather]], seen: seen)
        try await InferenceFixture.with { fixture in
            var impatient = fixture.jobs
            impatient.drainBudget = .milliseconds(100)
            let shortLived = InferenceFixture(
                database: fixture.database, pool: fixture.pool, redis: fixture.redis, runLog: fixture.runLog, jobs: impatient,
                configuration: fixture.configuration, logger: fixture.logger)
            let id = try await shortLived.withEngine([provider]) { engine in
                let id = try await engine.accept(request)
                try await eventually("it waits") { try await fixture.log.readAll(id).types.contains("run.paused") }
                return id
            }
            let told = try await fixture.log.readAll(id)
            #expect(told.types.last == "run.paused")
            #expect(try await fixture.store.run(id, workspace: shortLived.workspace)?.state == .running)
            try await shortLived.withEngine([provider]) { engine in
                try await shortLived.post([ToolResultBody(id: "call_0", output: "rain")], to: id)
                let run = try await engine.finished(id)
                #expect(run.state == .completed && run.text == "rain" && run.epoch == 2)
                let log = try await engine.wholeLog(id)
                #expect(Array(log.prefix(told.count)) == told)
                #expect(log.types.filter { $0 == "run.paused" }.count == 1)
                #expect(log.types.filter(RunEvent.isTerminal) == ["run.completed"])
                #expect(try await fixture.store.archive(of: id, workspace: shortLived.workspace) == log)
            }
        }
        #expect(seen.all.count == 2, "no step was taken twice")
    }

    /// A tool `warmth` of the fixture's workspace.
    @Sendable private func setup(_ fixture: InferenceFixture, tool url: String) async throws -> InferenceSetup {
        _ = try await fixture.database.psql("insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'mine', 'Mine')")
        let keys = try SealingKeys("one:\(Data(repeating: 1, count: 32).base64EncodedString())")
        let configuration = InferenceSetup.Configuration(keys: keys, addresses: try AddressPolicy(allowing: ["127.0.0.1"]))
        let id = UUID()
        let wish = ToolStore.Wish(
            name: "warmth", description: nil, parameters: ["type": "object"], url: url, timeoutMilliseconds: 5000, isDisabled: false)
        let secret = try keys.seal(ToolSecret().revealedBytes, for: .tool(id, fixture.workspace))
        _ = try await ToolStore(pool: fixture.pool).make(id, wish, secret: secret, workspace: fixture.workspace, by: .tester)
        return InferenceSetup(configuration: configuration, pool: fixture.pool, logger: fixture.logger)
    }

    @Test("sends a webhook tool its call again under the id that the call had")
    func webhook() async throws {
        let ids = Collected<String>()
        let router = Router()
        router.post("/warmth") { request, _ -> String in
            ids.add(HTTPField.Name("webhook-id").flatMap { request.headers[$0] } ?? "")
            return "21 degrees"
        }
        try await Application(router: router).test(.live) { server in
            let port = try #require(server.port)
            try await InferenceFixture.with { fixture in
                let setup = try await setup(fixture, tool: "http://127.0.0.1:\(port)/warmth")
                let lost = try await LostWorker(fixture)
                try await lost.tell(LostWorker.step(1, calling: .played(0, "warmth")))
                try await fixture.withEngine([PlayedProvider.calling([[]])], setup: setup) { engine in
                    let asked = RunRequest(messages: [RunMessage(.user, "Hi")], workspaceTools: ["warmth"], onInterruption: .continue)
                    try await lost.passOn(to: engine, asked)
                    #expect(try await engine.finished(lost.identity.run).text == "21 degrees")
                }
                #expect(ids.all == ["\(lost.identity.run.lowercased)_1_call_0"])
            }
        }
    }
}
