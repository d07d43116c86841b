import Foundation
import Redis

extension Queue {
    /// What came of the wish to begin a job.
    enum Beginning: Sendable, Equatable {
        /// It is this worker's to run. `deaths` counts those who ran it alone, did not bring it to an end, and are dead.
        case begun(deaths: Int)
        /// Its entry is another worker's by now, or gone.
        case notOurs
        /// Another entry of the same job is in hand; this one was removed.
        case leftToAnother
    }

    /// Begins a job alone, after a crash. Doing it again counts nothing twice.
    /// - Parameter isRun: not to be begun beside another entry of the same job, which would end what that one has shown.
    func beginAlone(_ entry: Entry, by worker: UUID, isRun: Bool = false) async throws -> Beginning {
        try await begin(entry, by: worker, "a", isOnly: isRun)
    }

    /// Begins a run beside others, where another entry of it may be under way.
    func beginBeside(_ entry: Entry, by worker: UUID) async throws -> Beginning {
        try await begin(entry, by: worker, "b", isOnly: true)
    }

    private func begin(_ entry: Entry, by worker: UUID, _ way: String, isOnly: Bool) async throws -> Beginning {
        let envelope = entry.envelope
        let reply = try await healingGroup {
            try await call(
                QueueScripts.begin,
                [
                    .string(entry.key.lane.name), .string(entry.key.id), .string(envelope.route.word(in: envelope.workspace)),
                    .string(envelope.id.lowercased), .string(worker.lowercased), .string(way), .integer(isOnly ? 1 : 0),
                ])
        }
        switch reply.integer {
        case .some(-1): return .notOurs
        case .some(-2): return .leftToAnother
        case .some(let deaths) where deaths >= 0: return .begun(deaths: deaths)
        default: throw RedisError(.protocol, "begin.lua answered \(reply)")
        }
    }
}
