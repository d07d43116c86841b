import Foundation
import Postgres
import TestSupport
import Testing

@testable import Workspaces

@Suite("The access log in the database", .timeLimit(.minutes(1)))
struct AuditStoreTests {
    private struct Undone: Error {}

    private func event(_ action: AccessAction = .tokenMade, in workspace: UUID? = nil, details: [String: String] = [:]) -> AccessEvent {
        AccessEvent(action, by: .operator("ada"), in: workspace, on: .queue("tickets"), details: details)
    }

    @Test("entries are numbered, chained, and read as they were appended; their hashes are computed alike here and there")
    func life() async throws {
        try await AuditFixture.with { fixture async throws in
            let (workspace, token) = (UUID(), UUID())
            let details = ["name": "héllo \"x\"\\\n", "b": "2", "a_": ""]
            try await fixture.store.append(AccessEvent(.tokenMade, by: .token(token), in: workspace, on: .token(token), details: details))
            try await fixture.store.append(event())
            let entries = try await fixture.store.newest(limit: 10)
            #expect(entries.map(\.sequence) == [1, 2])
            let first = try #require(entries.first)
            #expect(first.workspace == workspace)
            #expect(first.actorKind == "token")
            #expect(first.actor == "\(token)".lowercased())
            #expect(first.action == "token.made")
            #expect(first.subject == "token:\(token)".lowercased())
            #expect(first.details == ["name": "héllo \"x\"\\", "b": "2", "a_": "-"])
            #expect(abs(first.at.timeIntervalSinceNow) < 60)
            #expect(first.previousHash == AccessLogForm.origin)
            #expect(entries.last?.previousHash == first.hash)
            #expect(entries.last?.workspace == nil)
            #expect(entries.allSatisfy { $0.isWhole })
        }
    }

    @Test("an entry is there if and only if its transaction is, in whatever scope, and a rollback leaves no gap")
    func atomicity() async throws {
        try await AuditFixture.with { fixture async throws in
            let scopes: [PostgresScope] = [.workspaces([UUID()]), .unscoped, .role(.auth), .role(.upkeep)]
            for scope in scopes {
                await #expect(throws: Undone.self) {
                    try await fixture.pool.transaction(scope) { transaction in
                        AccessLogStore.append(event(), in: transaction)
                        try await transaction.execute("select 1")
                        throw Undone()
                    }
                }
                try await fixture.pool.transaction(scope) { AccessLogStore.append(event(), in: $0) }
            }
            let sequences = try await fixture.store.newest(limit: 10).map(\.sequence)
            #expect(sequences == [1, 2, 3, 4])
        }
    }

    @Test("many who append at once make one chain without a gap")
    func concurrency() async throws {
        try await AuditFixture.with { fixture async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask { try await fixture.store.append(event(details: ["number": "\(number)"])) }
                }
                try await group.waitForAll()
            }
            let entries = try await fixture.store.newest(limit: 100)
            #expect(entries.map(\.sequence) == Array(1...60))
            #expect(Set(entries.compactMap { $0.details?["number"] }).count == 60)
            let result = try await fixture.verify()
            #expect(result.isClean)
        }
    }

    @Test("every action is one that the database takes, and it takes no other")
    func actions() async throws {
        try await AuditFixture.with { fixture async throws in
            for action in AccessAction.allCases { try await fixture.store.append(event(action)) }
            let count = try await fixture.count(
                """
                select count(*) from pg_constraint, regexp_matches(pg_get_constraintdef(oid), '''[a-z_.]+''', 'g')
                where conname = 'access_log_action'
                """)
            #expect(count == AccessAction.allCases.count)
            let entries = try await fixture.store.newest(limit: 100)
            #expect(entries.map(\.action) == AccessAction.allCases.map(\.rawValue))
        }
    }

    @Test(
        "details that are not texts by plain names are refused",
        arguments: [#"[]"#, #"{"a":1}"#, #"{"a":null}"#, #"{"a":[]}"#, #"{"a":{}}"#, #"{"A":"x"}"#, #"{"":"x"}"#, #"{"é":"x"}"#])
    func details(_ json: String) async throws {
        try await AuditFixture.with { fixture async throws in
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.pool.execute(
                    .unscoped, "select append_access_log(null, 'system', 'test', 'token.made', 'token:x', $1)", PostgresJSON(bytes: Array(json.utf8)))
            }
            #expect(error?.sqlState == "23514" || error?.sqlState == "22023")
            let head = try await fixture.store.head()
            #expect(head == 0)
        }
    }

    @Test("whoever follows by number, workspace or action sees what is asked for, in order")
    func filters() async throws {
        try await AuditFixture.with { fixture async throws in
            let (acme, other) = (UUID(), UUID())
            let appended: [(AccessAction, UUID?)] = [(.tokenMade, acme), (.tokenMade, other), (.tokenRevoked, acme), (.queuePaused, nil)]
            for (action, workspace) in appended { try await fixture.store.append(event(action, in: workspace)) }
            let store = fixture.store
            func numbers(_ entries: [AccessLogEntry]) -> [Int] { entries.map(\.sequence) }
            let newest = try await store.newest(limit: 2)
            let ofAcme = try await store.newest(.init(workspace: acme), limit: 10)
            let made = try await store.newest(.init(action: .tokenMade), limit: 10)
            let both = try await store.newest(.init(workspace: acme, action: .tokenRevoked), limit: 10)
            let behind = try await store.entries(after: 1, .init(workspace: acme), limit: 10)
            let paged = try await store.entries(after: 1, limit: 2)
            #expect(numbers(newest) == [3, 4])
            #expect(numbers(ofAcme) == [1, 3])
            #expect(numbers(made) == [1, 2])
            #expect(numbers(both) == [3])
            #expect(numbers(behind) == [3])
            #expect(numbers(paged) == [2, 3])
        }
    }

    @Test("nobody changes or takes away an entry or a checkpoint: no role, no owner, no superuser")
    func appendOnly() async throws {
        try await AuditFixture.with { fixture async throws in
            try await fixture.fill(2)
            _ = try await fixture.checkpointer().step()
            let changes: [SQL] = [
                "update access_log set actor = 'nobody'", "delete from access_log where sequence = 2", "delete from access_log where false",
                "truncate access_log", "update access_log_checkpoints set hash = decode(repeat('00', 32), 'hex')",
                "delete from access_log_checkpoints", "truncate access_log_checkpoints",
            ]
            for change in changes {
                for scope in [PostgresScope.unscoped, .role(.upkeep), .role(.auth)] {
                    await refused("\(change.label) as \(scope)") { try await fixture.pool.execute(scope, change) }
                }
                for url in [fixture.database.ownerURL, fixture.database.superuserURL] {
                    try await withPool(url, size: 1) { pool in
                        await refused("\(change.label)") { try await pool.execute(.unscoped, change) }
                    }
                }
            }
            // A setting that silences other triggers.
            try await withPool(fixture.database.superuserURL, size: 1) { pool in
                await refused("as a replica") {
                    try await pool.transaction(.unscoped) { transaction in
                        try await transaction.execute("set local session_replication_role = 'replica'")
                        try await transaction.execute("delete from access_log")
                    }
                }
            }
            let result = try await fixture.verify()
            #expect(result.isClean)
            #expect(result.entries == 2)
        }
    }

    @Test("checkpoints are counted by the keys that they were signed with")
    func keys() async throws {
        try await AuditFixture.with { fixture async throws in
            let none = try await fixture.store.checkpointsByKey()
            #expect(none.isEmpty)
            try await fixture.fill(3)
            let keys = try AccessLogKeys.test("a")
            for (entry, keys) in zip(try await fixture.store.newest(limit: 10), [AccessLogKeys.none, keys, keys]) {
                #expect(try await fixture.store.keep(AuditChain.checkpoint(of: entry, keys)))
            }
            let counts = try await fixture.store.checkpointsByKey()
            #expect(counts == [nil: 1, "a": 2])
            #expect(keys.has("a") && !keys.has("b") && !keys.isEmpty && AccessLogKeys.none.isEmpty)
        }
    }

    @Test("the server's role appends by the function alone, and reads nothing; checkpoints are upkeep's")
    func privileges() async throws {
        try await AuditFixture.with { fixture async throws in
            try await fixture.fill(1)
            await refused("insert") {
                try await fixture.pool.execute(.unscoped, "insert into access_log select * from access_log")
            }
            for scope in [PostgresScope.unscoped, .workspaces([UUID()]), .role(.auth)] {
                await refused("read as \(scope)") { try await fixture.pool.query(scope, "select sequence from access_log") }
                await refused("read checkpoints as \(scope)") {
                    try await fixture.pool.query(scope, "select sequence from access_log_checkpoints")
                }
                await refused("checkpoint as \(scope)") {
                    try await fixture.pool.execute(scope, "select append_access_log_checkpoint(1, ''::bytea, 0, null, null)")
                }
            }
            await refused("insert as upkeep") {
                try await fixture.pool.execute(.role(.upkeep), "insert into access_log select * from access_log")
            }
        }
    }

    private func refused(_ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> some Any) async {
        let error = await #expect(throws: PostgresError.self, "\(what)", sourceLocation: sourceLocation) { _ = try await body() }
        #expect(error?.sqlState == "42501", "\(what)", sourceLocation: sourceLocation)
    }
}
