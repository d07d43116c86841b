import Foundation

/// That an address is not found any more, for whoever keeps a copy of the directory.
///
/// | status | the address | for good |
/// |---|---|---|
/// | `withdrawn` | was taken back by its owner, or its workspace was deleted: 404 | until it is published or restored |
/// | `renamed` | leads to another one: 301 | until the agent is taken back, or has its old name again |
/// | `quarantined` | is shown without its document | until operators have decided |
/// | `removed` | is answered with the reason alone: 410 | unless operators put it back |
struct Withdrawal: Sendable, Equatable {
    enum Status: String, Sendable, Codable, CaseIterable {
        case withdrawn, renamed, quarantined, removed
    }

    let place: ListingPlace
    let status: Status
    /// Where a renamed agent is now.
    let movedTo: ListingPlace?
    /// When the address left the directory, or what keeps it out was changed.
    let updatedAt: Date
    let cursor: WithdrawalCursor
}

/// The place of a withdrawal among all, by time: a page begins after it.
struct WithdrawalCursor: Sendable, Codable, Equatable {
    /// Microseconds since 1970. The time in an answer is cut to milliseconds, and a page that began there would begin with the same row.
    let at: Int64
    let owner: String
    let name: String
}
