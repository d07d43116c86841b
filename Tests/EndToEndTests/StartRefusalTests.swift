import Foundation
import TestSupport
import Testing

/// A role that policies do not bind is found before anything is served. (That of a superuser is in `EndToEndTests`.)
@Suite("A role that would pass row-level security by", .timeLimit(.minutes(2)))
struct StartRefusalTests {
    @Test("the owner of the tables is refused, by the ingress and by a worker", arguments: ["serve", "work"])
    func owner(_ command: String) async throws {
        let database = try await TestDatabase.make()
        let result = try await start(command, database, url: database.ownerURL)
        #expect(result.status != 0)
        #expect(result.errors.contains("mainstay_owner owns tables") && result.errors.contains("wanted is mainstay_server"), "\(result.errors)")
    }

    @Test("a role with BYPASSRLS is refused, whatever else it may not do", arguments: ["serve", "work"])
    func bypass(_ command: String) async throws {
        let database = try await TestDatabase.make()
        let name = "passer_\(UInt32.random(in: .min ... .max))"
        _ = try await database.psql("create role \(name) login bypassrls password 'secret' in role mainstay_server")
        var parts = try #require(URLComponents(string: database.serverURL))
        parts.user = name
        parts.password = "secret"
        let result = try await start(command, database, url: try #require(parts.string))
        #expect(result.status != 0)
        #expect(
            result.errors.contains("\(name) bypasses row-level security") && result.errors.contains("wanted is mainstay_server"), "\(result.errors)")
        _ = try await database.psql("drop role \(name)")
    }

    private func start(_ command: String, _ database: TestDatabase, url: String) async throws -> Program.Result {
        let environment = ["PATH": "/usr/bin:/bin", "MAINSTAY_DATABASE_URL": url, "MAINSTAY_REDIS_URL": database.stack.redisURL]
        return try await Program.run(
            [command] + (command == "serve" ? ["--port", "\(Int.random(in: 10_000...19_999))"] : []), environment: environment)
    }
}
