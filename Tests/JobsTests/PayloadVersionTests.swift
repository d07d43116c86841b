import Foundation
import Postgres
import TestSupport
import Testing

@testable import Jobs

/// A payload whose first version had one name; this release knows two.
private struct Greeting: JobPayload, Equatable {
    static let kind = JobKind(name: "test.greeting", version: 2, queue: "notes", acceptance: .ledger, retry: Note.quick)
    var given: String
    var family: String?

    static func upcast(_ body: [UInt8], from version: Int) throws -> Greeting {
        guard version == 1 else { throw PermanentJobError("version \(version) of a greeting is not known", code: "unknown_version") }
        struct First: Decodable {
            var name: String
        }
        let words = try JSONDecoder().decode(First.self, from: Data(body)).name.split(separator: " ", maxSplits: 1).map(String.init)
        return Greeting(given: words.first ?? "", family: words.count > 1 ? words[1] : nil)
    }
}

private struct GreetingHandler: EffectHandler {
    func handle(_ job: Job<Greeting>, in transaction: PostgresTransaction) async throws -> JobResult? {
        let text = "\(job.payload.family ?? "-"), \(job.payload.given)"
        transaction.submit("insert into notes (workspace_id, id, text) values ($1, $2, $3)", job.workspace, job.id, text)
        return nil
    }
}

@Suite(.timeLimit(.minutes(1))) struct PayloadVersionTests {
    private var registry: HandlerRegistry {
        var registry = HandlerRegistry()
        registry.register(effect: GreetingHandler())
        return registry
    }

    @Test("a kind of version 2 reads version 1, and refuses what it does not know for good")
    func versions() throws {
        let first = try registry.decode(Array(#"{"name":"Ada Lovelace"}"#.utf8), kind: "test.greeting", version: 1)
        #expect((first as? Greeting) == Greeting(given: "Ada", family: "Lovelace"))
        let second = try registry.decode(Array(#"{"given":"Ada"}"#.utf8), kind: "test.greeting", version: 2)
        #expect((second as? Greeting) == Greeting(given: "Ada"))
        for (body, version) in [(#"{"name":"Ada"}"#, 2), (#"{"given":"Ada"}"#, 3)] {
            #expect(throws: PermanentJobError.self) { try registry.decode(Array(body.utf8), kind: "test.greeting", version: version) }
        }
        let error = #expect(throws: JobError.self) { try registry.decode([], kind: "test.other", version: 1) }
        #expect(error?.code == .unknownKind)
    }

    @Test("what the release before enqueued is carried out by this one, and what a later one did waits for it as a dead letter")
    func deploy() async throws {
        try await EngineFixture.with { engine in
            func enqueued(_ body: String, version: Int) async throws -> UUID {
                let kind = JobKind(name: Greeting.kind.name, version: version, queue: "notes", acceptance: .ledger)
                return try await engine.producer.accept(kind: kind, body: Array(body.utf8), workspace: engine.workspace).id
            }
            let first = try await enqueued(#"{"name":"Ada Lovelace"}"#, version: 1)
            let third = try await enqueued(#"{"names":["Ada"]}"#, version: 3)
            let worker = Worker(
                name: "test", registry: registry, pool: engine.pool, redis: engine.redis, configuration: engine.configuration, logger: engine.logger)
            try await engine.run(worker) { _ in
                try await engine.expect(first, .done)
                try await engine.expect(third, .dead)
            }
            #expect(try await engine.notes() == ["Lovelace, Ada"])
            #expect(try await DeadLetterStore(pool: engine.pool).find(third)?.code == "unknown_version")
        }
    }
}
