/// Who may make whom what. Pure.
///
/// | who | may invite, change and remove | as |
/// |---|---|---|
/// | owner | everyone | everything |
/// | maintainer | maintainers, members, viewers | maintainer, member, viewer |
/// | member, viewer | nobody | – |
///
/// Whoever is a member may leave. And whoever it is: the last owner stays one.
enum MemberRules {
    /// Looks at a change of a member's role, or at its removal by somebody else.
    ///
    /// - Parameters:
    ///   - authority: as which role somebody wants it.
    ///   - wanted: nil for removal.
    ///   - otherOwners: how many owners there are beside this member.
    /// - Throws: `WorkspaceError` with `roleTooLow`, `lastOwner`.
    static func check(by authority: Member.Role, from present: Member.Role, to wanted: Member.Role?, otherOwners: Int) throws(WorkspaceError) {
        try check(authority, manages: present)
        if let wanted { try check(authority, manages: wanted) }
        if wanted != .owner { try checkLeaving(present, otherOwners: otherOwners) }
    }

    /// Looks at a member's own leaving, which needs no authority.
    /// - Throws: `WorkspaceError` with `lastOwner`.
    static func checkLeaving(_ present: Member.Role, otherOwners: Int) throws(WorkspaceError) {
        if present == .owner, otherOwners == 0 {
            throw WorkspaceError(.lastOwner, "this is the workspace's last owner: transfer the workspace, or make somebody else an owner first")
        }
    }

    /// - Throws: `WorkspaceError` with `roleTooLow`.
    static func check(_ authority: Member.Role, manages role: Member.Role) throws(WorkspaceError) {
        guard authority.manages(role) else {
            throw WorkspaceError(
                .roleTooLow, "one with the role \(authority.rawValue) does not make, change or remove one with the role \(role.rawValue)")
        }
    }
}

extension Member.Role {
    /// Whether one with this role may make somebody `other`, or change or remove one who is.
    func manages(_ other: Member.Role) -> Bool {
        self == .owner || (self == .maintainer && other < .owner)
    }

    /// The roles that one with this role may give, as they are stored.
    var givable: [String] { Self.allCases.filter(manages).map(\.rawValue) }
}
