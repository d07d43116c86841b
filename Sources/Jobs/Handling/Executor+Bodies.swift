import Foundation

/// Bodies that the stream carries by reference.
extension Executor {
    /// Fetches them, all at once.
    /// - Returns: nothing when the worker was asked to leave meanwhile.
    func withBodies(_ entries: [Entry]) async throws -> [Entry] {
        guard entries.indices.contains(where: { entries[$0].envelope.lacksBody }) else { return entries }
        return try await patiently("bodies") { try await outcomes.withBodies(entries, \.envelope) } ?? []
    }

    /// Works through a batch in parts whose stored bodies have room in memory; one after the other, each with its bodies. A batch
    /// without such bodies is one part, and nothing is asked.
    func inChunks(_ entries: [Entry], _ work: ([Entry]) async throws -> Void) async throws {
        guard entries.indices.contains(where: { entries[$0].envelope.lacksBody }) else { return try await work(entries) }
        let referring = entries.filter(\.envelope.lacksBody).map(\.envelope)
        let sizes = try await patiently("sizes of bodies") {
            try await outcomes.bodySizes(workspaces: Array(Set(referring.map(\.workspace))), jobs: referring.map(\.id))
        }
        guard let sizes else { return }
        for chunk in BodyChunk.chunks(of: entries.map { sizes[$0.envelope.id] ?? 0 }, most: bodies.chunk) {
            try await bodies.holding(chunk.bytes) {
                let complete = try await withBodies(Array(entries[chunk.range]))
                if !complete.isEmpty { try await work(complete) }
            }
        }
    }
}
