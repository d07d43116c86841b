import HTTPTypes
import Foundation
import Postgres
import Web
import Workspaces

/// What an owner says of its published agents: that it advises against one, or does no longer. The API and the pages of a workspace act by it.
struct ListingDesk: Sendable {
    let pool: PostgresPool

    /// Sets the status of an agent of this workspace, under its address or an older one. The same status for the same reason again changes nothing.
    /// - Parameter wanted: as ``StatusRequest/checked(byOperator:)`` lets an owner have it.
    /// - Throws: 404 for what is not published, 403 for another owner's, 409 or 410 for what operators have taken out of the directory.
    func setStatus(_ wanted: StatusOrder, of place: ListingPlace, workspace: UUID, by actor: AccessActor) async throws -> Listing {
        let present = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.present(place, in: transaction) { standing in
                guard standing.workspace == workspace else {
                    throw Problem(.forbidden, name: "not-yours", title: "The agent is another owner's", detail: "Only its owner sets its status.")
                }
                try ListingGate.requireOpen(standing, for: "changed")
            }
        }
        return try await pool.transaction(.workspaces([workspace])) { transaction in
            let before = try await DirectoryStore.standing(owner: present.owner, name: present.name, in: transaction)
            guard
                try await DirectoryStore.setStatus(
                    wanted.status, reason: wanted.reason, owner: present.owner, name: present.name, in: transaction),
                let published = try await DirectoryStore.find(owner: present.owner, name: present.name, in: transaction)
            else { throw ListingGate.unknown }
            // Without the reason, which is free text: the log never forgets.
            if let before, before.status != wanted.status {
                AccessLogStore.append(
                    AccessEvent(
                        wanted.status == .deprecated ? .agentDeprecated : .agentDeprecationEnded, by: actor, in: workspace,
                        on: .agent("\(present.owner)/\(present.name)")), in: transaction)
            }
            return published.listing
        }
    }
}
