import Foundation
import Jobs
import Testing

@testable import BuildMemory

@Suite("Attempts at storing a profile", .timeLimit(.minutes(1)))
struct BuildProfileAttemptsTests {
    @Test("A profile whose job failed before tells how often it was tried; the others say once")
    func attempts() async throws {
        let fixture = try await BuildMemoryFixture.make()
        let (once, retried) = (fixture.job(), fixture.job())
        let third = Job(id: retried.id, workspace: retried.workspace, attempt: 3, acceptedAt: retried.acceptedAt, payload: retried.payload)
        try await fixture.store([once, third])
        #expect(try await fixture.count("select attempts from finished_jobs where id = '\(once.id)'") == 1)
        #expect(try await fixture.count("select attempts from finished_jobs where id = '\(third.id)'") == 3)
    }
}
