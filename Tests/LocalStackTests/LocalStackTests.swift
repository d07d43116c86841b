import Testing
import TestSupport

@Suite(.timeLimit(.minutes(1)))
struct SmokeTests {
    @Test func `A database is made`() async throws {
        let database = try await TestDatabase.make()
        let answer = try await database.psql("select count(*) from workers")
        #expect(answer == "0\n")
    }
}
