import Foundation
import Jobs

/// What every accepted job is answered with.
struct AcceptedJob: Decodable {
    let id: UUID
}

/// What `GET /v1/jobs/{id}` answers.
struct JobAnswer: Decodable {
    let id: UUID
    let kind: String
    let state: String
    let attempts: Int
    let error: String?

    /// Waits until the job has an outcome, asking again and again, and no longer than `within`.
    /// - Returns: the job as it is then, finished or not.
    static func awaitOutcome(_ id: UUID, client: APIClient, within: Duration = .seconds(120)) async throws -> JobAnswer {
        let deadline = ContinuousClock.now + within
        while true {
            let wait = milliseconds(of: deadline - ContinuousClock.now)
            let answer: JobAnswer = try await client.call(.get, "/v1/jobs/\(id.uuidString.lowercased())?wait=\(wait)ms")
            if ["done", "dead", "cancelled"].contains(answer.state) || ContinuousClock.now >= deadline { return answer }
        }
    }

    /// How long one request waits: ten seconds, so that a connection which died unseen costs no more; at the end what is left.
    static func milliseconds(of rest: Duration) -> Int {
        Int(max(0, min(10_000, (rest.inSeconds * 1000).rounded(.up))))
    }

    /// Waits for a job that has to be done.
    /// - Parameter what: how people call it.
    /// - Throws: `UpFault` when it ends otherwise, or not in time.
    static func expectDone(_ id: UUID, _ client: APIClient, _ what: String) async throws {
        let answer = try await awaitOutcome(id, client: client)
        guard answer.state == "done" else {
            throw UpFault("\(what) (job \(id.uuidString.lowercased())) is \(answer.state): \(answer.error ?? "no error is known")")
        }
    }
}
