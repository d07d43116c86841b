import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Inference

/// What runs remember: the memory and its event are committed together, and then the log tells of it, once.
@Suite("A run that remembers", .timeLimit(.minutes(1))) struct MemoryRunTests {
    private func request(_ text: String = "Hi", agent: String? = nil) -> RunRequest {
        RunRequest(messages: [RunMessage(.user, text)], agent: agent, memory: true)
    }

    private func writes(_ entries: [RunLogEntry]) throws -> [MemoryWriteEvent] {
        try entries.events.compactMap { event -> MemoryWriteEvent? in if case .memoryWritten(let write) = event { write } else { nil } }
    }

    /// A run that a worker claimed, began, and wrote a memory in, up to the commit.
    private func writing(
        _ fixture: InferenceFixture, _ call: ToolCall = .played(0, "memory_write", #"{"content":"Assam"}"#)
    ) async throws -> (identity: RunIdentity, journal: RunJournal, write: MemoryWriteEvent) {
        let identity = fixture.identity()
        let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "m", metadata: [:])
        _ = try await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) }
        let journal = RunJournal(log: fixture.log, identity: identity, epoch: 1, isOwned: { _ in true }, clock: ContinuousClock())
        try await journal.append([.stepStarted(step: 1), .toolCall(call), .stepFinished(StepFinished(step: 1, finish: nil))])
        return (identity, journal, try #require(await write(call, identity, fixture)))
    }

    private func write(_ call: ToolCall, _ identity: RunIdentity, _ fixture: InferenceFixture, epoch: UInt64 = 1) async throws -> MemoryWriteEvent? {
        let wanted = try MemoryWriteCall(arguments: call.arguments, agent: nil)
        let place = RunPlace(identity: identity, epoch: epoch, step: 1)
        return try await fixture.pool.transaction(.workspaces([identity.workspace])) {
            try await fixture.memories.write(wanted, by: call, in: place, $0)
        }
    }

    @Test("stores what the model writes, and tells of it with the id under which it is stored")
    func told() async throws {
        let ada = AgentCharacter(id: UUID(), label: "o/ada", name: "Ada", system: "Be brief.")
        let provider = PlayedProvider.calling([
            [.played(0, "memory_write", #"{"content":"Assam","name":"tea"}"#)], [.played(0, "memory_write", #"{"content":"Sencha","name":"tea"}"#)],
        ])
        try await InferenceFixture.with { fixture in
            try await fixture.withEngine([provider], agents: KnownAgent(agent: ada)) { engine in
                let id = try await engine.accept(request(agent: "o/ada"))
                #expect(try await engine.finished(id).state == .completed)
                let log = try await engine.wholeLog(id)
                let told = try writes(log)
                #expect(told.map(\.content) == ["Assam", "Sencha"])
                #expect(told.map(\.operation) == [.upsert, .upsert] && told.map(\.scope) == ["agent", "agent"])
                #expect(Set(told.map(\.memory)).count == 1)
                let memory = try #require(UUID(uuidString: told[0].memory))
                let stored = try #require(await fixture.memories.memory(memory, workspace: fixture.workspace))
                #expect(stored.content == "Sencha" && stored.agent == ada.id)
                #expect(try await fixture.memories.writes(of: id, workspace: fixture.workspace) == told)
                #expect(try await fixture.store.archive(of: id, workspace: fixture.workspace) == log)
            }
        }
    }

    @Test("whose worker is lost between the commit and the log tells of the memory at its end, once")
    func lostBeforeTheLog() async throws {
        let provider = PlayedProvider { _, _ in Issue.record("the provider was asked again") }
        try await InferenceFixture.with { fixture in
            let (identity, _, write) = try await writing(fixture)
            #expect(try await !fixture.log.readAll(identity.run).types.contains("memory.written"))
            try await fixture.withEngine([provider]) { engine in
                _ = try await engine.producer.accept(request(), workspace: fixture.workspace, id: identity.run)
                #expect(try await engine.finished(identity.run).incompleteReason == .interrupted)
                let log = try await engine.wholeLog(identity.run)
                #expect(log.types == ["step.started", "tool_call.completed", "step.finished", "memory.written", "run.incomplete"])
                #expect(log.ids == ["1-1", "1-2", "1-3", "2-1", "2-2"])
                #expect(try writes(log) == [write])
                #expect(try await fixture.store.archive(of: identity.run, workspace: fixture.workspace) == log)
                #expect(try await fixture.memories.list(reach: .all, workspace: fixture.workspace, before: nil, limit: 5).count == 1)
            }
        }
    }

    @Test("whose worker is lost after the log told of the memory does not tell of it again")
    func lostAfterTheLog() async throws {
        try await InferenceFixture.with { fixture in
            let (identity, journal, write) = try await writing(fixture)
            try await journal.append([.memoryWritten(write)])
            try await fixture.withEngine { engine in
                _ = try await engine.producer.accept(request(), workspace: fixture.workspace, id: identity.run)
                #expect(try await engine.finished(identity.run).incompleteReason == .interrupted)
                #expect(try writes(await engine.wholeLog(identity.run)) == [write])
            }
        }
    }

    @Test("that is given up tells of its memory to every reader, before its end is written and after")
    func givenUp() async throws {
        try await InferenceFixture.with { fixture in
            let (identity, _, write) = try await writing(fixture)
            let earlier = try await fixture.log.readAll(identity.run)
            let events = Array(LostRun.record(earlier, epoch: 1, attempts: 4, writes: [write]).entries)
            #expect(events.types.suffix(2) == ["memory.written", "run.failed"])
            #expect(events.ids.suffix(2) == ["2-1", "2-2"])
            #expect(Array(LostRun.record(events, epoch: 1, attempts: 4, writes: [write]).entries) == events)
        }
    }

    @Test("writes once for a call, however often it is carried out")
    func repeated() async throws {
        try await InferenceFixture.with { fixture in
            let call = ToolCall.played(0, "memory_write", #"{"content":"Assam"}"#)
            let (identity, _, first) = try await writing(fixture, call)
            #expect(try await write(call, identity, fixture) == first)
            #expect(try await fixture.memories.list(reach: .all, workspace: fixture.workspace, before: nil, limit: 5).count == 1)
        }
    }

    @Test("that was taken over writes nothing any more")
    func fenced() async throws {
        try await InferenceFixture.with { fixture in
            let (identity, _, _) = try await writing(fixture)
            let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "m", metadata: [:])
            _ = try await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) }
            await #expect(throws: RunStore.Superseded.self) {
                try await write(.played(1, "memory_write", #"{"content":"stale"}"#), identity, fixture)
            }
            #expect(try await fixture.memories.list(reach: .all, workspace: fixture.workspace, before: nil, limit: 5).map(\.content) == ["Assam"])
        }
    }

    @Test("deletes what it is told to, and says so; what is not there is an error for the model")
    func deletion() async throws {
        let forget = ToolCall.played(0, "memory_write", #"{"operation":"delete","name":"tea"}"#)
        let provider = PlayedProvider.calling([[forget], [forget]])
        try await InferenceFixture.with { fixture in
            let memory = try await fixture.remember("Assam", name: "tea")
            try await fixture.withEngine([provider]) { engine in
                let id = try await engine.accept(request())
                let run = try await engine.finished(id)
                #expect(run.text.hasSuffix("error: There is no such memory here."))
                let told = try writes(await engine.wholeLog(id))
                #expect(told.map(\.operation) == [.delete] && told[0].content == nil)
                #expect(told[0].memory == memory.id.lowercased)
                #expect(try await fixture.memories.memory(memory.id, workspace: fixture.workspace) == nil)
            }
        }
    }

    @Test("is told what is remembered about its last message, behind the agent's prompt; others' memories are not")
    func preamble() async throws {
        let seen = Collected<ProviderRequest>()
        let ada = AgentCharacter(id: UUID(), label: "o/ada", name: "Ada", system: "Be brief.")
        try await InferenceFixture.with { fixture in
            for number in 1...7 { try await fixture.remember("Tea number \(number).", agent: ada.id) }
            try await fixture.remember("Bob's tea.", agent: UUID())
            try await fixture.remember("Their tea.", workspace: UUID())
            try await fixture.withEngine([PlayedProvider.calling([], seen: seen)], agents: KnownAgent(agent: ada)) { engine in
                _ = try await engine.finished(try await engine.accept(request("Which tea?", agent: "o/ada")))
                _ = try await engine.finished(try await engine.accept(request("Which ship?", agent: "o/ada")))
            }
        }
        let (with, without) = (try #require(seen.all.first), try #require(seen.all.last))
        #expect(with.messages.map(\.role) == [.system, .system, .user])
        #expect(with.messages[0].content.hasPrefix("Be brief."))
        #expect(with.messages[1].content.split(separator: "\n").count == 1 + MemoryPreamble.count)
        #expect(with.messages[1].content.contains("- Tea number "))
        #expect(!with.messages[1].content.contains("Bob") && !with.messages[1].content.contains("Their"))
        #expect(without.messages.map(\.role) == [.system, .user])
    }
}

/// One agent, whatever is asked for.
private struct KnownAgent: AgentLookup {
    let agent: AgentCharacter

    func agent(_ reference: String, workspace: UUID) async throws -> AgentCharacter? { agent }
}
