import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import Inference

@Suite("Memories", .timeLimit(.minutes(1))) struct MemoryStoreTests {
    @Test("written under a name again, a memory is replaced; without a name each write is one more")
    func names() async throws {
        try await InferenceFixture.with { fixture in
            let first = try await fixture.remember("Assam", name: "tea")
            let second = try await fixture.remember("Darjeeling", name: "tea")
            #expect(second.id == first.id)
            #expect(second.content == "Darjeeling" && second.createdAt == first.createdAt && second.updatedAt > first.updatedAt)
            let agent = UUID()
            let own = try await fixture.remember("Sencha", name: "tea", agent: agent)
            #expect(own.id != first.id && own.scope == .agent && own.agent == agent)
            let one = try await fixture.remember("a")
            let other = try await fixture.remember("a")
            #expect(one.id != other.id)
            #expect(try await fixture.memories.list(reach: .all, workspace: fixture.workspace, before: nil, limit: 10).count == 4)
        }
    }

    @Test("are found by any of the words in any of their forms, those with more of them first; an agent finds its own and the workspace's")
    func search() async throws {
        try await InferenceFixture.with { fixture in
            let (ada, bob) = (UUID(), UUID())
            let both = try await fixture.remember("She drinks tea in the morning.")
            let one = try await fixture.remember("Tea is kept in the kitchen, and so are cups, plates and spoons of all kinds.", agent: ada)
            try await fixture.remember("Tea is Bob's own.", agent: bob)
            try await fixture.remember("Ships sail.")
            let found = try await fixture.memories.search(
                "when did she drink her teas & why? | (", reach: .agent(ada), workspace: fixture.workspace, limit: 5)
            #expect(found.map(\.id) == [both.id, one.id])
            #expect(try await fixture.memories.search("the of and", reach: .all, workspace: fixture.workspace, limit: 5).isEmpty)
            #expect(try await fixture.memories.search("tea", reach: .all, workspace: fixture.workspace, limit: 5).count == 3)
            #expect(try await fixture.memories.search("tea", reach: .all, workspace: fixture.workspace, limit: 2).count == 2)
            #expect(try await fixture.memories.search("te\u{0}a", reach: .agent(nil), workspace: fixture.workspace, limit: 5).count == 1)
        }
    }

    @Test("of another workspace are not found, read, changed or deleted, whatever is named")
    func isolation() async throws {
        try await InferenceFixture.with { fixture in
            let theirs = UUID()
            let memory = try await fixture.remember("secret tea", name: "tea", workspace: theirs)
            let mine = fixture.workspace
            #expect(try await fixture.memories.memory(memory.id, workspace: mine) == nil)
            #expect(try await fixture.memories.search("tea", reach: .all, workspace: mine, limit: 5).isEmpty)
            #expect(try await fixture.memories.list(reach: .all, workspace: mine, before: nil, limit: 5).isEmpty)
            #expect(try await !fixture.memories.delete(memory.id, workspace: mine))
            try await fixture.pool.transaction(.workspaces([mine])) { transaction in
                let updated = try await fixture.memories.update(
                    memory.id, content: "x", kind: nil, reach: .all, workspace: theirs, in: transaction)
                #expect(updated == nil)
            }
            // Its name is free here.
            #expect(try await fixture.remember("my tea", name: "tea").id != memory.id)
            #expect(try await fixture.memories.memory(memory.id, workspace: theirs)?.content == "secret tea")
        }
    }

    @Test("of one agent are not changed or deleted by another's run")
    func reach() async throws {
        try await InferenceFixture.with { fixture in
            let memory = try await fixture.remember("Ada's", agent: UUID())
            let other = MemoryStore.Reach.agent(UUID())
            try await fixture.pool.transaction(.workspaces([fixture.workspace])) { transaction in
                let updated = try await fixture.memories.update(
                    memory.id, content: "x", kind: nil, reach: other, workspace: fixture.workspace, in: transaction)
                #expect(updated == nil)
                let deleted = try await fixture.memories.delete(memory.id, reach: other, workspace: fixture.workspace, in: transaction)
                #expect(deleted == nil)
            }
            #expect(try await fixture.memories.memory(memory.id, workspace: fixture.workspace)?.content == "Ada's")
        }
    }

    @Test("repeated under a key, a request writes once")
    func idempotency() async throws {
        try await InferenceFixture.with { fixture in
            let key = Idempotency(key: "k", digest: Array(repeating: 1, count: 32))
            let memory = NewMemory(content: "once")
            let first = try #require(await fixture.memories.write(memory, workspace: fixture.workspace, idempotency: key))
            let again = try #require(await fixture.memories.write(memory, workspace: fixture.workspace, idempotency: key))
            #expect(first.isNew && !first.isReplay)
            #expect(again.isReplay && again.memory == first.memory)
            #expect(try await fixture.memories.delete(first.memory.id, workspace: fixture.workspace))
            #expect(try await fixture.memories.write(memory, workspace: fixture.workspace, idempotency: key) == nil)
        }
    }
}
