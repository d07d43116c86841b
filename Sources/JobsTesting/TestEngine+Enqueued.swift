public import Foundation
public import Jobs

/// A job that waits in a queue.
public struct Enqueued<Payload: JobPayload>: Sendable {
    public let id: UUID
    public let workspace: UUID
    public let payload: Payload
    /// The attempt that it waits for, 1 for the first.
    public let attempt: Int
    /// When it may begin, by ``TestEngine/now``; nil for at once.
    public let due: Date?
    public let trace: TraceParent?
}

extension TestEngine {
    /// The jobs of a kind that have not come to their end, by the time at which they were accepted: what a producer or a handler has
    /// enqueued and no worker has carried out. A job that will be tried again is among them.
    ///
    /// - Parameter workspace: nil for all.
    /// - Throws: what a worker would fail with, for a body that cannot be decoded.
    public func enqueued<Payload: JobPayload>(of type: Payload.Type = Payload.self, workspace: UUID? = nil) async throws -> [Enqueued<Payload>] {
        let waiting = try await administration.waiting(in: Payload.kind.queue)
        let wanted = waiting.filter { job in
            job.envelope.kind == Payload.kind.name && (workspace.map { $0 == job.envelope.workspace } ?? true)
        }
        let sorted = wanted.sorted { first, second in
            (first.envelope.acceptedAt, first.envelope.id.lowercased) < (second.envelope.acceptedAt, second.envelope.id.lowercased)
        }
        return try sorted.map { job in
            Enqueued(
                id: job.envelope.id, workspace: job.envelope.workspace,
                payload: try Payload.decode(job.envelope.body, version: job.envelope.version), attempt: job.envelope.attempt, due: job.due,
                trace: job.envelope.trace)
        }
    }

    /// Expects that this payload waits in its queue.
    ///
    /// - Parameters:
    ///   - workspace: nil for any.
    ///   - count: how often.
    /// - Returns: the jobs.
    /// - Throws: `TestEngineError`, which names what waits instead.
    @discardableResult
    public func expectEnqueued<Payload: JobPayload & Equatable>(
        _ payload: Payload, workspace: UUID? = nil, count: Int = 1, file: StaticString = #fileID, line: UInt = #line
    ) async throws -> [Enqueued<Payload>] {
        let all = try await enqueued(of: Payload.self, workspace: workspace)
        let found = all.filter { $0.payload == payload }
        guard found.count == count else {
            let others = all.isEmpty ? "nothing" : all.map { "\($0.payload)" }.joined(separator: ", ")
            throw TestEngineError(
                "\(file):\(line): \(payload) waits \(found.count) times in \(Payload.kind.queue) and not \(count); there is \(others)")
        }
        return found
    }

    /// Expects that no job of a kind waits.
    /// - Throws: `TestEngineError`, which names what waits.
    public func expectNothingEnqueued<Payload: JobPayload>(
        of type: Payload.Type, workspace: UUID? = nil, file: StaticString = #fileID, line: UInt = #line
    ) async throws {
        let all = try await enqueued(of: type, workspace: workspace)
        guard all.isEmpty else {
            let jobs = all.map { "\($0.payload)" }.joined(separator: ", ")
            throw TestEngineError("\(file):\(line): no \(Payload.kind.name) should wait; there is \(jobs)")
        }
    }
}
