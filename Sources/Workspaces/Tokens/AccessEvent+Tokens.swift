import Foundation
import Jobs
import Web

/// What the access log is told of tokens. A token is in it by its id; its name is left out, for people write into names what they like.
///
/// | event | details |
/// |---|---|
/// | `token.made` | `scopes`; `user`, for a member's; `operator`, for an operator's: its name; `expires_at`, for one that does |
/// | `token.revoked` | – |
/// | `token.rotated` | `replaced_by`: the new token; `overlap_seconds` |
extension AccessEvent {
    static func made(_ token: Token, of holder: Operator? = nil, by actor: AccessActor) -> AccessEvent {
        var details = ["scopes": token.scopes.sorted().joined(separator: " ")]
        details["user"] = token.user?.lowercased
        details["operator"] = holder?.name
        details["expires_at"] = token.expiresAt.map { WireCoding.text($0) }
        return AccessEvent(.tokenMade, by: actor, in: token.workspace, on: .token(token.id), details: details)
    }

    static func revoked(_ token: UUID, _ workspace: UUID, by actor: AccessActor) -> AccessEvent {
        AccessEvent(.tokenRevoked, by: actor, in: workspace, on: .token(token))
    }

    static func rotated(
        _ token: UUID, to successor: UUID, overlap: TokenOverlap, _ workspace: UUID, by actor: AccessActor
    ) -> AccessEvent {
        AccessEvent(
            .tokenRotated, by: actor, in: workspace, on: .token(token),
            details: ["replaced_by": successor.lowercased, "overlap_seconds": "\(overlap.seconds)"])
    }
}
