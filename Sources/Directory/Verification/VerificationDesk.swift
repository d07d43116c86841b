import Foundation
import Jobs
import Postgres
import Workspaces

/// What operators say of who stands behind an owner. The API and the pages of operators act by it; the scope was checked before.
struct VerificationDesk: Sendable {
    /// Why nothing is done.
    enum Refusal: Error, Equatable {
        /// No workspace has this slug, or only one that is deleted.
        case unknownOwner
        case notVerified
    }

    /// What an act came to.
    struct Outcome: Sendable, Equatable {
        let verification: OwnerVerification
        /// The same had been done before.
        let isReplay: Bool
    }

    /// Verifications that one owner is shown with: an answer must have a bound.
    static let historyLimit = 100

    let pool: PostgresPool

    func page(after owner: String?, limit: Int) async throws -> [OwnerVerification] {
        try await pool.transaction(.role(.upkeep)) { try await VerificationStore.page(after: owner, limit: limit, in: $0) }
    }

    /// The newest first; empty for an owner that nobody has verified, and for one that there is not.
    func history(of owner: String) async throws -> [OwnerVerification] {
        try await pool.transaction(.role(.upkeep)) { try await VerificationStore.history(of: owner, limit: Self.historyLimit, in: $0) }
    }

    /// Says who stands behind an owner, in the place of what was said before. The same again changes nothing.
    ///
    /// - Throws: ``Refusal/unknownOwner``, `PostgresError`.
    func verify(_ owner: String, _ order: VerificationOrder, by actor: ModerationOperator) async throws -> Outcome {
        try await pool.transaction(.role(.upkeep)) { transaction in
            guard let workspace = try await VerificationStore.lock(owner, in: transaction), !workspace.isDeleted else {
                throw Refusal.unknownOwner
            }
            let isReplay = workspace.held?.order == order
            let id = UUID.version7()
            if !isReplay {
                if let held = workspace.held {
                    VerificationStore.withdraw(held.id, reason: nil, workspace: workspace.id, by: actor, in: transaction)
                }
                VerificationStore.verify(id, order, workspace: workspace.id, by: actor, in: transaction)
                VerificationStore.touch(listingsOf: workspace.id, in: transaction)
            }
            let verification = try await newest(of: owner, in: transaction)
            if !isReplay { note(.ownerVerified, id, workspace.id, by: actor, in: transaction) }
            return Outcome(verification: verification, isReplay: isReplay)
        }
    }

    /// Takes it back, also of a workspace that is deleted and might be restored.
    ///
    /// - Throws: ``Refusal``, `PostgresError`.
    func withdraw(_ owner: String, reason: String, by actor: ModerationOperator) async throws -> OwnerVerification {
        try await pool.transaction(.role(.upkeep)) { transaction in
            guard let workspace = try await VerificationStore.lock(owner, in: transaction) else { throw Refusal.unknownOwner }
            guard let held = workspace.held else { throw Refusal.notVerified }
            VerificationStore.withdraw(held.id, reason: reason, workspace: workspace.id, by: actor, in: transaction)
            VerificationStore.touch(listingsOf: workspace.id, in: transaction)
            let verification = try await newest(of: owner, in: transaction)
            note(.ownerUnverified, held.id, workspace.id, by: actor, in: transaction)
            return verification
        }
    }

    private func newest(of owner: String, in transaction: PostgresTransaction) async throws -> OwnerVerification {
        guard let found = try await VerificationStore.history(of: owner, limit: 1, in: transaction).first else {
            throw PostgresError(.server, "the verification was not written")
        }
        return found
    }

    /// Tells the access log, last of all, for others who append wait from here on. Without name and reason, which are free text: the log
    /// never forgets, and the row has them.
    private func note(
        _ action: AccessAction, _ verification: UUID, _ workspace: UUID, by actor: ModerationOperator, in transaction: PostgresTransaction
    ) {
        AccessLogStore.append(
            AccessEvent(
                action, by: actor.actor, in: workspace, on: .workspace(workspace), details: ["verification": verification.lowercased]),
            in: transaction)
    }
}
