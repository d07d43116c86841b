import Foundation
import Jobs
import Web
import Workspaces

/// A workspace at one look: its agents, tokens and members. Nothing in it is a secret.
struct WorkspacePage: Sendable {
    let workspace: Workspace
    let agents: [OwnAgent]
    /// Where older agents begin; nil on the last page.
    let nextCursor: String?
    /// One more than the limit where there are more; nil where they are not to be shown.
    let tokens: [Token]?
    let members: [Member]?
    /// Tokens and members that are shown.
    let limit: Int
    /// Of who is looking.
    let session: TokenSession
    let isFirst: Bool
    let said: String?
    /// What the workspace is told, newest first: one more than are shown where there are more; none on the pages behind the first.
    var notices: [AgentNotice] = []
    /// Whether the visitor may note that they were read.
    var mayWrite = false
    /// Whether the visitor may remove members, and delete the workspace.
    var removesMembers = false
    var deletes = false
    /// Whether the visitor may invite somebody.
    var invites = false
    /// The visitor's user, where it may leave and remove nobody else.
    var leaver: UUID?

    var values: PageValues {
        let next = nextCursor.map { PageAddress.query("/workspace", [(name: "cursor", value: $0)]) }
        return [
            "title": .text(workspace.name), "slug": .text(workspace.slug), "said": .maybe(said), "agents": .section(agents.map(Self.agent)),
            "next": .maybe(next), "tokens": tokenPart, "members": memberPart, "withheld": .maybe(withheld),
            "notices": noticePart, "deleteAddress": deletes ? .text("/workspace/delete") : .nothing,
            "invitationsAddress": invites ? .text("/workspace/invitations") : .nothing,
        ]
    }

    // MARK: Agents

    private static func agent(_ own: OwnAgent) -> PageValues {
        let agent = own.agent
        let publicVersion = own.listed?.version.map { "version \($0)" }
        let values: PageValues = [
            "address": .text(PageAddress.path("workspace", "agents", agent.id.lowercased)), "title": .text(agent.displayName),
            "name": .text(agent.name), "visibility": .text(own.visibilityWords), "tone": .text(own.tone), "publicVersion": .maybe(publicVersion),
            "origin": origin(own), "behind": .text(behind(own)),
        ]
        return values.merging(PageWords.moment(agent.updatedAt))
    }

    private static func origin(_ own: OwnAgent) -> PageValue {
        guard let source = own.agent.forkedFrom else { return .nothing }
        let (owner, name) = (own.original?.owner ?? source.owner, own.original?.name ?? source.name)
        return .group(["originName": .text("\(owner)/\(name)"), "originAddress": .text(PageAddress.path("agents", owner, name))])
    }

    private static func behind(_ own: OwnAgent) -> String {
        guard own.agent.forkedFrom != nil else { return "–" }
        guard let original = own.original else { return "original gone" }
        return original.behind == 0 ? "up to date" : PageWords.count(original.behind, "version", "versions")
    }

    // MARK: Notices

    /// Notices that are shown.
    static let noticeLimit = 20

    private var noticePart: PageValue {
        guard !notices.isEmpty else { return .nothing }
        let more: String? = notices.count > Self.noticeLimit ? "The newest \(Self.noticeLimit) are shown. GET /v1/notices lists all." : nil
        return .group(["items": .list(notices.prefix(Self.noticeLimit).map { notice(of: $0) }), "moreNotices": .maybe(more)])
    }

    private func notice(of notice: AgentNotice) -> PageValues {
        let source = notice.source
        let lifted = source.liftedAt == nil ? "" : " It is back since."
        let read = notice.state == .unread && mayWrite ? PageAddress.path("workspace", "notices", notice.id.lowercased, "read") : nil
        let values: PageValues = [
            "forkAddress": .text(PageAddress.path("workspace", "agents", notice.agent.lowercased)), "forkName": .text(notice.agentName),
            "happened": .text("\(source.owner)/\(source.name), which it was forked from, was removed for \(source.ground.words).\(lifted)"),
            "readAddress": .maybe(read), "state": .text(notice.state == .read ? "Read" : "Unread"),
        ]
        return values.merging(PageWords.moment(notice.createdAt))
    }

    // MARK: Tokens

    private var tokenPart: PageValue {
        guard let tokens else { return .nothing }
        let more: String? = tokens.count > limit ? "The newest \(limit) are shown. GET /v1/tokens lists all." : nil
        return .group(["items": .list(tokens.prefix(limit).map { token(of: $0) }), "moreTokens": .maybe(more)])
    }

    private func token(of token: Token) -> PageValues {
        let ends = token.state != .revoked && token.state != .expired
        return [
            "tokenName": .text(token.name), "isThis": .flag(token.id == session.token), "state": .text(token.state.words),
            "tone": .text(token.state.tone), "scopes": .text(token.scopes.sorted().joined(separator: " ")), "used": .moment(token.lastUsedAt),
            "made": .moment(token.createdAt),
            "revokeAddress": .maybe(ends ? PageAddress.path("workspace", "tokens", token.id.lowercased, "revoke") : nil),
        ]
    }

    // MARK: Members

    private var memberPart: PageValue {
        guard let members, !members.isEmpty else { return .nothing }
        let items = members.prefix(limit).map { member -> PageValues in
            let isEnded = removesMembers || member.user.id == leaver
            let remove = isEnded ? PageAddress.path("workspace", "members", member.id.lowercased, "remove") : nil
            let values: PageValues = ["person": .text(member.user.name), "role": .text(member.role.rawValue), "removeAddress": .maybe(remove)]
            return values.merging(PageWords.moment(member.since))
        }
        let more: String? = members.count > limit ? "\(limit) are shown. GET /v1/workspace/members lists all." : nil
        return .group(["items": .list(items), "moreMembers": .maybe(more)])
    }

    /// What this visitor may not see.
    private var withheld: String? {
        guard isFirst else { return nil }
        let who = session.isOfAccount ? "Your role" : "This token"
        switch (tokens, members) {
        case (nil, nil): return "\(who) may see neither the workspace’s tokens (tokens:admin) nor its members (members:read)."
        case (nil, _): return "\(who) may not see the workspace’s tokens (tokens:admin)."
        case (_, nil): return "\(who) may not see the workspace’s members (members:read)."
        default: return nil
        }
    }
}

extension OwnAgent {
    /// Who sees it, in words.
    var visibilityWords: String {
        guard let listed else { return "Only this workspace" }
        switch listed.status {
        case .active: return "Everyone"
        case .deprecated: return "Everyone, deprecated"
        case .quarantined: return "In quarantine"
        case .removed: return "Removed by operators"
        }
    }

    /// The class of its colour.
    var tone: String {
        switch listed?.status {
        case nil: "plain"
        case .active?: "good"
        case .deprecated?: "warn"
        case .quarantined?, .removed?: "bad"
        }
    }
}

extension Token.State {
    fileprivate var words: String {
        switch self {
        case .revoked: "Revoked"
        case .expired: "Expired"
        case .locked: "Locked for now"
        case .valid: "Valid"
        }
    }

    fileprivate var tone: String {
        switch self {
        case .valid: "good"
        case .locked: "warn"
        case .revoked, .expired: "plain"
        }
    }
}
