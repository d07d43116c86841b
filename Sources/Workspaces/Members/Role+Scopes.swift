import Foundation
import Web

extension Member.Role {
    /// The scopes that a token of a member with this role holds at the most.
    ///
    /// | role | holds at the most |
    /// |---|---|
    /// | `viewer` | `tickets:read`, `agents:read`, `runs:read`, `memories:read`, `profiles:read`, `jobs:read`, `members:read` |
    /// | `member` | and `tickets:write`, `agents:write`, `runs:write`, `memories:write`, `profiles:write`, `jobs:write` |
    /// | `maintainer` | and `tokens:admin`, `members:admin` |
    /// | `owner` | and `workspace:admin`: everything inside a workspace |
    ///
    /// What concerns the whole installation (`operations:read` and the like) is no role's: a token has it that no member made.
    package var scopes: Set<Scope> {
        Set(Scope.allCases.filter { scope in scope.leastRole.map { $0 <= self } ?? false })
    }

    /// What a token may do at this moment: what it was given, and of that what the role of the member who made it still allows. So
    /// a member whose role is lowered loses scopes with the next look-up of its tokens, and has them again with the role.
    ///
    /// - Parameters:
    ///   - user: who made it; a token of the command line has nobody's role, and all that it was given.
    ///   - role: that member's, as it is stored.
    static func allowed(_ scopes: Set<String>, of user: UUID?, role: String?) -> Set<String> {
        guard user != nil else { return scopes }
        guard let role else { return [] }
        return scopes.intersection(Member.Role(stored: role).scopes.map(\.rawValue))
    }
}

extension Scope {
    /// The lowest role that may hold this scope; nil when none may. Without a default: a scope that is added is decided about here.
    var leastRole: Member.Role? {
        switch self {
        case .ticketsRead, .agentsRead, .runsRead, .memoriesRead, .profilesRead, .jobsRead, .membersRead: .viewer
        case .ticketsWrite, .agentsWrite, .runsWrite, .memoriesWrite, .profilesWrite, .jobsWrite: .member
        case .tokensAdmin, .membersAdmin: .maintainer
        case .workspaceAdmin: .owner
        case .operationsRead, .operationsWrite, .directoryModerate, .auditRead, .operator: nil
        }
    }
}

extension Identity {
    /// As which role this token may act on other members. Its scopes are those that its maker's role allows, so no role has to be
    /// looked up; and who gave a token less wants it to act as less.
    var authority: Member.Role { .acting(with: scopes) }
}

extension SessionVisitor {
    /// The roles that the visitor may give, the lowest first.
    package var givableRoles: [Member.Role] { Member.Role.allCases.filter(Member.Role.acting(with: scopes).manages) }
}

extension Member.Role {
    /// As which role one who has these scopes acts on other members.
    fileprivate static func acting(with scopes: Set<String>) -> Member.Role {
        if scopes.contains(Scope.workspaceAdmin.rawValue) { return .owner }
        return scopes.contains(Scope.membersAdmin.rawValue) ? .maintainer : .viewer
    }
}
