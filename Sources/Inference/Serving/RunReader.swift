import Foundation
import Jobs
import Logging

/// Where a run is, from whoever knows: its row, the engine, the run log.
enum RunSituation: Sendable {
    /// Accepted and not begun. `attempts` have ended before their first event.
    case waiting(acceptedAt: Date, attempts: Int, isCancelRequested: Bool)
    case begun(Run)
}

/// Finds runs for the ingress, and what their streams still owe a client.
struct RunReader: Sendable {
    let store: RunStore
    let log: RunLog
    let producer: JobProducer
    let burial: RunBurial
    let logger: Logger

    /// Nil for a run that does not exist or is another workspace's: the two look the same.
    func situation(of run: UUID, workspace: UUID) async throws -> RunSituation? {
        if let row = try await store.run(run, workspace: workspace) {
            guard row.state == .running, try await endIfDead(run, workspace: workspace) else { return .begun(row) }
            return .begun(try await store.run(run, workspace: workspace) ?? row)
        }
        if let status = try await producer.status(run, workspace: workspace) {
            guard status.kind == RunRequest.kind.name else { return nil }
            if status.state == .dead {
                try await endIfDead(run, workspace: workspace)
                if let row = try await store.run(run, workspace: workspace) { return .begun(row) }
            }
            let wish = try await store.isCancellationRequested(of: run, workspace: workspace)
            return .waiting(acceptedAt: status.acceptedAt, attempts: status.attempts, isCancelRequested: wish)
        }
        guard let meta = try await knownToLog(run, workspace: workspace) else { return nil }
        let wish = try await store.isCancellationRequested(of: run, workspace: workspace)
        return .waiting(acceptedAt: Date(timeIntervalSince1970: Double(meta.acceptedAt) / 1_000), attempts: 0, isCancelRequested: wish)
    }

    /// What a stream is opened as.
    enum Opening: Sendable {
        /// The run is over: the rest of its events, none when the client has them all.
        case replay([RunLogEntry])
        /// The run goes on, or is about to begin.
        case live
    }

    /// Nil for a run that does not exist or is another workspace's.
    func open(_ run: UUID, workspace: UUID, after: RunEventID?) async throws -> Opening? {
        // The log's own hash is the quick way; without it (it is lost or older than its time to live) PostgreSQL is asked.
        let meta = try await knownToLog(run, workspace: workspace)
        if let meta, meta.ended == nil, !meta.isWithoutLog { return .live }
        if let all = try await ending(of: run, workspace: workspace, isOwed: meta != nil && meta?.ended == nil) {
            return .replay(all.filter { entry in after.map { entry.id > $0 } ?? true })
        }
        if meta != nil { return .live }
        return try await situation(of: run, workspace: workspace) == nil ? nil : .live
    }

    /// All events of a run that is over, its end among them; nil while it is not. A run whose job is dead gets its end now.
    ///
    /// - Parameter isOwed: The log does not tell of it (its worker was lost between the commit and the append): it is noted there, so that who
    ///   comes later need not wait for a silence.
    func ending(of run: UUID, workspace: UUID, isOwed: Bool = false) async throws -> [RunLogEntry]? {
        let found = try await store.ending(of: run, workspace: workspace)
        var archive = found.archive
        if found.isLost {
            try await endIfDead(run, workspace: workspace)
            // Also where it is not lost any more: others may have been quicker.
            archive = try await store.archive(of: run, workspace: workspace)
        }
        if isOwed, let end = archive?.last?.id { try? await log.note(end: end, of: run) }
        return archive
    }

    /// Ends a run whose job is dead. One whose end cannot be written now goes on for its readers: they ask again.
    /// - Returns: whether its row is worth another look.
    @discardableResult
    private func endIfDead(_ run: UUID, workspace: UUID) async throws -> Bool {
        do {
            return try await burial.end(run, workspace: workspace)
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning("a lost run could not be ended", metadata: ["run": "\(run.lowercased)", "error": "\(error)"])
            return false
        }
    }

    /// A run log that is away knows nothing; PostgreSQL and the engine are asked then.
    func knownToLog(_ run: UUID, workspace: UUID) async throws -> RunLogMeta? {
        do {
            guard let meta = try await log.meta(run), meta.workspace == workspace else { return nil }
            return meta
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning("the run log cannot be asked", metadata: ["run": "\(run.lowercased)", "error": "\(error)"])
            return nil
        }
    }
}
