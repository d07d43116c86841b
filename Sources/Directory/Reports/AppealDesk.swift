import Foundation
import Jobs
import Postgres

/// What the owner of an agent reads of decisions about it and says against them, and what the owners of forks are told. Each is one
/// transaction in the caller's workspace.
struct AppealDesk: Sendable {
    /// Why there is nothing to show, or no appeal.
    enum Refusal: Error, Equatable {
        /// The workspace has no such agent, and was never told of one.
        case unknownAgent
        case unknownNotice
        /// Nothing was decided that takes something from its owner, or it was lifted.
        case nothingDecided
        /// An appeal about this agent waits for its decision.
        case pending
        /// The decision was appealed against, and that was decided.
        case appealed
        /// It is too long ago.
        case late
    }

    /// What became of an appeal.
    struct Appealed: Sendable, Equatable {
        let appeal: ModerationAppeal
        /// The same request had been carried out before.
        let isReplay: Bool
    }

    let pool: PostgresPool

    // MARK: Decisions

    /// - Throws: `Refusal.unknownAgent`.
    func statements(of agent: UUID, workspace: UUID, before: UUID?, limit: Int) async throws -> [ModerationStatement] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            guard try await ModerationStore.isKnown(agent, workspace: workspace, in: transaction) else { throw Refusal.unknownAgent }
            return try await ModerationStore.statements(of: agent, workspace: workspace, before: before, limit: limit, in: transaction)
        }
    }

    /// Appeals against the newest decision that takes something from the agent's owner.
    ///
    /// - Throws: `Refusal`; `JobError(.idempotencyMismatch)` when the key was used for another request.
    func appeal(_ text: String, about agent: UUID, workspace: UUID, idempotency: Idempotency?) async throws -> Appealed {
        do {
            return try await pool.transaction(.workspaces([workspace])) { transaction in
                let id = UUID.version7()
                if let earlier = try await IdempotencyStore.claim(idempotency, for: id, workspace: workspace, in: transaction) {
                    guard let appeal = try await ModerationStore.appeal(earlier, workspace: workspace, in: transaction) else {
                        throw Refusal.unknownAgent
                    }
                    return Appealed(appeal: appeal, isReplay: true)
                }
                guard try await ModerationStore.isKnown(agent, workspace: workspace, in: transaction) else { throw Refusal.unknownAgent }
                guard let restriction = try await ModerationStore.restriction(of: agent, workspace: workspace, in: transaction) else {
                    throw Refusal.nothingDecided
                }
                if restriction.isPending { throw Refusal.pending }
                if restriction.isAppealed { throw Refusal.appealed }
                guard restriction.isInTime else { throw Refusal.late }
                ModerationStore.write(
                    appeal: id, inCase: .version7(), against: restriction, agent: agent, text: text, workspace: workspace, in: transaction)
                guard let appeal = try await ModerationStore.appeal(id, workspace: workspace, in: transaction) else {
                    throw PostgresError(.server, "the appeal was not written", sqlState: "40001")
                }
                return Appealed(appeal: appeal, isReplay: false)
            }
        } catch let error as PostgresError where ModerationStore.appealConstraints.contains(error.constraint ?? "") {
            // Two at once: the other one was faster.
            throw Refusal.pending
        }
    }

    // MARK: Notices

    func notices(of workspace: UUID, state: AgentNotice.State?, before: UUID?, limit: Int) async throws -> [AgentNotice] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            try await NoticeStore.page(of: workspace, state: state, before: before, limit: limit, in: transaction)
        }
    }

    /// - Throws: `Refusal.unknownNotice`.
    func markRead(_ notice: UUID, workspace: UUID) async throws {
        let isThere = try await pool.transaction(.workspaces([workspace])) { transaction in
            try await NoticeStore.markRead(notice, workspace: workspace, in: transaction)
        }
        guard isThere else { throw Refusal.unknownNotice }
    }
}
