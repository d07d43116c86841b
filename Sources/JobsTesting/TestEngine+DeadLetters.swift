package import Foundation
package import Jobs

extension TestEngine {
    /// Dead letters that wait for a decision, the newest first; at most a hundred.
    package func deadLetters(kind: String? = nil) async throws -> [DeadLetter] {
        let letters = administration.letters
        var found: [DeadLetter] = []
        for line in try await letters.list(kind: kind, limit: 100) {
            if let letter = try await letters.find(line.key.id) { found.append(letter) }
        }
        return found
    }

    /// Replays a dead letter: its job is owed again, and the next drain carries it out.
    /// - Returns: false when it was replayed or discarded before.
    @discardableResult
    package func replay(_ letter: DeadLetter) async throws -> Bool {
        try await administration.replay(letter, by: "test")
    }

    /// Runs what a dead letter's fixture tells of (`mainstay dead export`): enqueues its job, body and version as they were, and drains.
    ///
    /// - Returns: what became of the job.
    /// - Throws: `TestEngineError` when the engine does not know it; `PermanentJobError` for another kind's fixture.
    @discardableResult
    package func run<Payload: JobPayload>(
        _ fixture: DeadLetterFixture, as type: Payload.Type, workspace: UUID? = nil
    ) async throws -> JobStatus {
        let workspace = workspace ?? self.workspace
        let job = try await fixture.accept(as: type, by: producer, workspace: workspace).id
        try await drain()
        guard let status = try await status(of: job, workspace: workspace) else {
            throw TestEngineError("job \(job.lowercased) of a fixture is not known; is \(Payload.kind.queue) named in withEngine(queues:)?")
        }
        return status
    }
}
