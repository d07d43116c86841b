import Foundation
import Workspaces

/// One act of verifying an owner.
///
///     verified ──▶ withdrawn    with a reason, by an operator
///         └──────▶ replaced     another name or site was verified: withdrawn without a reason
struct OwnerVerification: Sendable, Equatable {
    let id: UUID
    /// The slug that the workspace has now.
    let owner: String
    let maintainer: VerifiedMaintainer
    /// The operator's name; nil for a token that is no operator's.
    let verifiedBy: String?
    /// Nil while it holds.
    let withdrawnAt: Date?
    let withdrawnReason: String?
    let withdrawnBy: String?
    /// Agents of the owner that are in public, whatever their status.
    let listings: Int
}

/// The workspace that has a slug now.
struct OwnerWorkspace: Sendable, Equatable {
    let id: UUID
    /// It waits to be purged, or to be restored.
    let isDeleted: Bool
    /// What holds of it.
    let held: Held?

    struct Held: Sendable, Equatable {
        let id: UUID
        let order: VerificationOrder
    }
}
