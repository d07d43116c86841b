import Foundation
import Jobs
import Postgres
import Workspaces

/// What an operator wants a listing to be, of the operator's own accord or on reports that wait.
struct StatusOrder: Sendable, Equatable {
    let status: ListingStatus
    /// For everyone to read, and the facts of the statement. Nil for none, which only an active listing may have.
    let reason: String?
    /// Nil where the operator has named none.
    let ground: ReportReason?

    /// The decision that it is.
    var order: ModerationOrder {
        let ground = self.ground ?? .other
        return ModerationOrder(
            decision: ModerationDecision(setting: status), ground: ground, facts: reason ?? "An operator has set its status to \(status.rawValue).",
            rule: ground.rule, automated: false)
    }
}

/// Setting a status is deciding a case: its owner has the same statement and the same appeal as after reports.
extension CaseDesk {
    /// A listing after an operator has set its status.
    struct StatusSet: Sendable {
        let listing: Listing
        /// Nil where it was so already, and nothing was written.
        let decided: Decided?
    }

    /// Sets the status of a listing, by deciding the open case of the agent's reports or, where there is none, one that is opened for it: all in
    /// one transaction. The same status for the same reason again changes and writes nothing; of what takes something from the owner the ground
    /// has to be the same too, where one is named.
    ///
    /// An appeal that waits is left to the operator who may decide it; one against what reports alone have done ends with their case.
    /// - Throws: `Refusal.notFound` when nothing is listed there; `PostgresError`.
    func set(_ wanted: StatusOrder, of place: ListingPlace, by actor: ModerationOperator) async throws -> StatusSet {
        try await pool.transaction(.role(.upkeep)) { transaction in
            guard let seen = try await DirectoryStore.standing(owner: place.owner, name: place.name, in: transaction) else { throw Refusal.notFound }
            ReportStore.lock(agent: seen.agent, in: transaction)
            // Again under the lock: whoever had it may have set the same.
            guard let present = try await DirectoryStore.standing(owner: place.owner, name: place.name, in: transaction),
                present.agent == seen.agent
            else { throw Refusal.notFound }
            let order = wanted.order
            if try await isSo(wanted, order, present, in: transaction) {
                return StatusSet(listing: try await Self.listing(at: place, in: transaction), decided: nil)
            }
            let found = try await openCase(of: present, at: place, in: transaction)
            let decided = try await decide(found, order, saying: wanted.reason, by: actor, in: transaction)
            let after = try await Self.listing(at: place, in: transaction)
            note(found, order, by: actor, status: decided.status, in: transaction)
            return StatusSet(listing: after, decided: decided)
        }
    }

    /// - Throws: `Refusal.notFound`, and with it nothing of the decision stays.
    private static func listing(at place: ListingPlace, in transaction: PostgresTransaction) async throws -> Listing {
        guard let published = try await DirectoryStore.find(owner: place.owner, name: place.name, in: transaction) else { throw Refusal.notFound }
        return published.listing
    }

    /// Whether this was decided before, and holds.
    private func isSo(
        _ wanted: StatusOrder, _ order: ModerationOrder, _ present: DirectoryStore.Standing, in transaction: PostgresTransaction
    ) async throws -> Bool {
        guard present.status == wanted.status, present.reason == wanted.reason else { return false }
        guard let ground = wanted.ground, order.decision.isRestriction else { return true }
        let stated = try await CaseStore.ground(ofRestricting: present.agent, workspace: present.workspace, in: transaction)
        return stated == ground
    }

    /// The open case of an agent's reports, or a new one without any. The agent's lock is held.
    private func openCase(
        of present: DirectoryStore.Standing, at place: ListingPlace, in transaction: PostgresTransaction
    ) async throws -> ModerationCase {
        let open = try await ReportStore.openCase(of: present.agent, in: transaction)
        let id = open?.id ?? .version7()
        if open == nil { ReportStore.open(id, of: present.agent, at: place, workspace: present.workspace, in: transaction) }
        guard let found = try await CaseStore.lock(id, in: transaction) else {
            throw PostgresError(.server, "the case was not opened", sqlState: "40001")
        }
        return found
    }
}
