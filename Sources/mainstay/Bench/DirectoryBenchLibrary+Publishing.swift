import Foundation
import Jobs
import Postgres

extension DirectoryBenchLibrary {
    /// Rows of one transaction: enough that a commit weighs little, few enough that none takes seconds.
    private static let batch = 500

    /// Publishes all of them, in the order of their publication.
    /// - Parameter told: called now and then with how many there are.
    /// - Throws: `PostgresError`.
    func publish(in database: DirectoryBenchDatabase, told: @Sendable (Int) -> Void = { _ in }) async throws {
        try await database.with(url: database.serverURL) { pool in
            for start in stride(from: 0, to: owners.count, by: Self.batch) {
                let part = Array(owners[start..<min(start + Self.batch, owners.count)])
                try await pool.transaction(.workspaces(part.map(\.workspace))) { try await DirectoryBenchStore.addOwners(part, in: $0) }
            }
            for start in stride(from: 0, to: agents, by: Self.batch) {
                try await publish((start..<min(start + Self.batch, agents)).map { agent($0) }, pool)
                if start > 0, start % 10_000 == 0 { told(start) }
            }
        }
        try await database.with(url: database.ownerURL) { pool in
            for start in stride(from: 0, to: agents, by: Self.batch * 10) {
                let forked = (start..<min(start + Self.batch * 10, agents)).map { agent($0) }.filter { $0.forks > 0 }
                try await pool.transaction(.unscoped) { try await DirectoryBenchStore.addForks(forked, in: $0) }
            }
            try await DirectoryBenchStore.settle(pool)
        }
    }

    private func publish(_ part: [DirectoryBenchAgent], _ pool: PostgresPool) async throws {
        let sources = part.map { $0.source.map { agent($0) } }
        let versions = part.flatMap { self.versions(of: $0) }
        try await pool.transaction(.workspaces(Array(Set(part.map(\.owner.workspace))))) { transaction in
            DirectoryBenchStore.submitAgents(part, sources: sources, in: transaction)
            try DirectoryBenchStore.submitListings(part, in: transaction)
            try DirectoryBenchStore.submitVersions(versions, in: transaction)
        }
    }

    /// Evenly between its publication and its last change.
    private func versions(of agent: DirectoryBenchAgent) -> [DirectoryBenchStore.Version] {
        var random = DirectoryBenchRandom(seed: seed, number: agent.number, part: -2)
        return (1...agent.versions).map { number in
            let share = agent.versions == 1 ? 0 : Double(number - 1) / Double(agent.versions - 1)
            let at = agent.publishedAt + agent.updatedAt.timeIntervalSince(agent.publishedAt) * share
            let id = UUID.version7(milliseconds: Int64(at.timeIntervalSince1970 * 1000), using: &random)
            return DirectoryBenchStore.Version(id: id, agent: agent, number: number, publishedAt: at)
        }
    }
}
