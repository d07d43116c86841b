/// What may be done with a published agent.
///
/// ```
///   owner:      active ⇄ deprecated
///   operators:  any of the four, from any of the four
/// ```
///
/// | status | found | shown | document | forked |
/// |---|---|---|---|---|
/// | `active` | yes | yes | yes | yes |
/// | `deprecated` | yes, lower | yes, with the reason | yes | yes |
/// | `quarantined` | no | yes, with the reason | no | no |
/// | `removed` | no | the reason alone | no | no |
package enum ListingStatus: String, Sendable, Codable, CaseIterable {
    case active
    /// Its owner advises against it.
    case deprecated
    /// Operators look into it.
    case quarantined
    /// Operators took it away.
    case removed

    /// Of a reason, in characters.
    package static let maximumReason = 500

    /// Whether search finds it, its document is handed out, and it can be forked and published again.
    package var isOpen: Bool { self == .active || self == .deprecated }

    /// Whether the owner may change this status into another one.
    package func ownerMayChange(to status: ListingStatus) -> Bool { isOpen && status.isOpen }
}
