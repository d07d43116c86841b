import Jobs
import JobsTesting
import Postgres
import Testing

/// What a producer hands over.
struct Welcome: JobPayload, Equatable {
    static let kind = JobKind(name: "welcome.send", queue: "welcomes", acceptance: .ledger)
    var name: String
}

/// What is done about it: a row, in the engine's transaction.
struct WelcomeHandler: EffectHandler {
    func handle(_ job: Job<Welcome>, in transaction: PostgresTransaction) async throws -> JobResult? {
        guard !job.payload.name.isEmpty else { throw PermanentJobError("there is nobody to welcome", code: "no_name") }
        transaction.submit("insert into welcomes (workspace_id, id, name) values ($1, $2, $3)", job.workspace, job.id, job.payload.name)
        return try JobResult(["greeting": "Welcome, \(job.payload.name)!"])
    }
}

@Suite struct WelcomeTests {
    static let tables = """
        create table welcomes (workspace_id uuid not null, id uuid not null, name text not null, primary key (workspace_id, id));
        call protect_tenant_table('welcomes');
        """

    @Test func `a welcome is written once, and its greeting is the job's result`() async throws {
        try await withEngine(tables: Self.tables, handlers: { $0.register(effect: WelcomeHandler()) }) { engine in
            let job = try await engine.accept(Welcome(name: "Ada"))
            try await engine.expectEnqueued(Welcome(name: "Ada"))
            let drained = try await engine.drain()
            #expect(drained == Drained(done: 1))
            #expect(try await engine.result(of: job, as: [String: String].self) == ["greeting": "Welcome, Ada!"])
            let rows = try await engine.pool.query(.workspaces([engine.workspace]), "select name from welcomes")
            #expect(rows.count == 1)
        }
    }

    @Test func `a welcome for tomorrow waits until tomorrow`() async throws {
        try await withEngine(tables: Self.tables, handlers: { $0.register(effect: WelcomeHandler()) }) { engine in
            let job = try await engine.accept(Welcome(name: "Ada"), after: .seconds(86_400))
            try await engine.drain()
            #expect(try await engine.status(of: job)?.state == .queued)
            engine.advance(by: .seconds(86_400))
            try await engine.drain()
            #expect(try await engine.status(of: job)?.state == .done)
        }
    }

    @Test func `nobody is welcomed under an empty name, and somebody is told`() async throws {
        try await withEngine(tables: Self.tables, handlers: { $0.register(effect: WelcomeHandler()) }) { engine in
            let job = try await engine.accept(Welcome(name: ""))
            let drained = try await engine.drain()
            #expect(drained.dead == 1)
            let letters = try await engine.deadLetters()
            #expect(letters.map(\.id) == [job] && letters.first?.code == "no_name")
        }
    }
}
