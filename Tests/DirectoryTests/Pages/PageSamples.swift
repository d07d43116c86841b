import Foundation
import Jobs
import Web

@testable import Directory
@testable import Workspaces

/// What templates are filled with, every part of every page at least once.
enum PageSamples {
    private static let moment = Date(timeIntervalSince1970: 1_780_000_000)

    /// Something to find in a page, or not to find as it is.
    static let hostile = "<script>alert('&\"1\"')</script>"

    static let visitor = SessionVisitor(
        session: TokenSession(token: UUID(), workspace: UUID(), now: moment), name: "rita", operator: nil,
        scopes: Set(Scope.workspace.map(\.rawValue)), formToken: "form-token", renewed: nil)

    static let head = PageHead(
        title: "A title", preview: .init(title: "T", description: "D", address: "https://a.example/agents"), canonical: "https://a.example/agents",
        linkedData: LinkedData(["@type": "Thing"]), isUnlisted: true, refresh: 2, visitor: visitor)

    /// The source of a template.
    static func text(of name: String) -> String {
        PageTemplates.sources.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
    }

    /// A page in each of its forms.
    static func values(of page: PageTemplates.Page) -> [PageValues] {
        switch page {
        case .agents: [agents(found: true).values, agents(found: false).values]
        case .agent: [agent().values, agent(status: .deprecated, version: true).values, agent(status: .quarantined).values]
        case .registry: [true, false].map { registry(found: $0).values }
        case .plugin: [true, false].map { pluginPage(full: $0).values }
        case .difference: [difference(compared: true).values, difference(compared: false).values]
        case .report: [ReportPage(place: place, reason: "malware", text: hostile, contact: hostile, faults: [hostile]).values]
        case .thanks: [ReportPage.thanks(ReportReceiptAnswer(.init(report: UUID(), secret: "receipt")), for: place)]
        case .fork: [ForkPage(listing: listing(status: .deprecated), wanted: hostile, fault: hostile, advice: advice).values]
        case .signin:
            [
                [
                    "nextAddress": .text(hostile), "refusal": .text(hostile), "isTokenRefused": true, "accountAddress": .text(hostile),
                    "issuerName": .text(hostile), "invitationAddress": "/invitation",
                ],
                [
                    "nextAddress": .text(hostile), "refusal": .nothing, "isTokenRefused": false, "accountAddress": .nothing, "issuerName": .nothing,
                    "invitationAddress": .nothing,
                ],
            ]
        case .signedin: [["workspaceName": .text(hostile), "nextAddress": .text(hostile)]]
        case .choose:
            [choice([membership], []), choice([], [restorable]), choice([membership], [restorable])]
        case .outsider:
            [
                outsider(.notMember, subject: nil), outsider(.unknown(linksByEmail: false, hasEmail: true)),
                outsider(.unknown(linksByEmail: true, hasEmail: false)), outsider(.unknown(linksByEmail: true, hasEmail: true)),
            ]
        case .invitations: [invitations(found: true).values, invitations(found: false).values]
        case .invited: [invited.values]
        case .invitation: [["refusal": .text(hostile)], ["refusal": .nothing]]
        case .offer: [offer(addressed: true).values, offer(addressed: false).values]
        case .joined: [joined(expires: true).values, joined(expires: false).values]
        case .progress: JobStatus.State.allCases.map { progress($0) }
        case .workspace: [workspace(full: true).values, workspace(full: false).values]
        case .own:
            [own(refused: false).values, own(refused: true).values]
                + [OwnAgentPage.Typed.Field.name, .reason].map { field in
                    own(refused: false, typed: .init(field: field, text: hostile, problem: .invalid([fault]))).values
                }
        case .reported: [false, true].map { reported(decided: $0).values }
        case .decisions: [decisions(held: true).values, decisions(held: false).values]
        case .operatorin: [["nextAddress": .text(hostile), "refusal": .text(hostile)]]
        case .moderation:
            [
                CaseQueuePage(lines: [line(.report), line(.appeal)], nextCursor: "next", threshold: 24, said: hostile).values,
                CaseQueuePage(lines: [], nextCursor: nil, threshold: 24, said: nil).values,
            ]
        case .owners: [owners(found: true).values, owners(found: false).values]
        case .judge: [judge(.report, decided: false).values, judge(.appeal, decided: true).values]
        case .removals:
            [
                RemovalsPage(removals: [notice(isRead: false).source, notice(isRead: true).source], nextCursor: "next").values,
                RemovalsPage(removals: [], nextCursor: nil).values,
            ]
        case .confirm: [confirm(answered: false).values, confirm(answered: true).values]
        case .done: [DonePage(headline: hostile, paragraphs: [hostile]).values]
        case .problem: [ProblemPage(problem: .invalid([fault, fault]), request: hostile).values, ProblemPage(problem: busy, request: "r").values]
        }
    }

    // MARK: Agents

    private static let place = ListingPlace(owner: "acme", name: "eliza")
    private static let plugin = PluginReference(name: "@elizaos/plugin-gone", range: "^1.0.0")
    private static let source = ForkSource(owner: "origin", name: "first", version: 1, agent: UUID())
    private static let fault = FieldFault(.parameter("q"), hostile)
    private static let busy = Problem.unavailable(hostile, retryAfter: .seconds(5))

    static func listing(_ text: String = hostile, status: ListingStatus = .active) -> Listing {
        Listing(
            id: UUID(), owner: "acme", name: "eliza", agent: UUID(), version: 2, semanticVersion: SemanticVersion("1.1.0"), digest: digest,
            shape: .v1, displayName: text, summary: text, topics: [text, "support"], plugins: [plugin], secretPlaces: ["/settings/secrets/\(text)"],
            forkedFrom: source, lineage: [source], forks: 3, status: status, statusReason: status == .active ? nil : text,
            statusChangedAt: status == .active ? nil : moment, publishedAt: moment, updatedAt: moment,
            resembles: status == .active ? nil : ResembledAgent(owner: "other", name: text),
            maintainer: VerifiedMaintainer(name: text, site: "https://a.example/\(text)", verifiedAt: moment))
    }

    private static let digest = CharacterDigest(bytes: Array(repeating: 7, count: 32))

    private static func document(_ text: String) -> JSONNode {
        .object([
            JSONMember(name: "name", value: .string(text)), JSONMember(name: "bio", value: .array([.string(text)])),
            JSONMember(name: "topics", value: .array([.string(text)])), JSONMember(name: "plugins", value: .array([.string(plugin.name)])),
        ])
    }

    /// Nobody looks after the plugin any more.
    private static var advice: [PluginReference: PluginAdvice] {
        let record = PluginRecord(
            name: plugin.name, owner: "elizaos", repository: "https://github.com/elizaos/gone", description: nil, homepage: nil, topics: [],
            language: nil, stars: nil, license: nil, lines: [], lastUpdatedAt: moment, firstSeenAt: moment, goneAt: moment)
        let stored = StoredPlugin(record: record, maintenance: record.maintenance(at: moment), sourceDigest: [], importedAt: moment)
        return [plugin: PluginAdvice(plugin, known: stored, releases: [], core: SemanticVersion("1.5.0"))]
    }

    private static func agents(found: Bool) -> AgentsPage {
        var address = AgentsAddress()
        address.words = hostile
        address.tag = hostile
        address.plugin = hostile
        address.owner = hostile
        address.status = .active
        address.isVerified = true
        let listing = listing(status: .deprecated)
        var facets = SearchFacets()
        facets.tags = [.init(value: hostile, count: 1200)]
        facets.owners = [.init(value: hostile, count: 1)]
        facets.plugins = [.init(value: hostile, count: 1)]
        facets.statuses = [.init(value: "active", count: 1), .init(value: "deprecated", count: 1)]
        facets.verified = 1
        facets.matches = 1200
        return AgentsPage(
            address: address, sort: .relevance,
            found: found ? [FoundListing(listing: listing, cursor: SearchCursor(sort: .relevance, value: 1, id: listing.id))] : [],
            nextCursor: found ? "next" : nil, facets: found ? facets : SearchFacets(),
            marks: [listing.id: ListingMark(isOwners: true, looksLike: "other/\(hostile)")], advice: advice,
            suggestions: found ? [] : [NearListing(place: place, title: hostile)])
    }

    static func agent(_ text: String = hostile, status: ListingStatus = .active, version: Bool = false) -> AgentPage {
        let versions = ["1.1.0", "1.0.0-beta.1"].compactMap { SemanticVersion($0) }.map { version in
            PublishedVersion(
                version: version, number: 1, publisher: "acme", digest: digest, shape: .v1, secretPlaces: [text], changelog: text,
                publishedAt: moment)
        }
        let shown = ShownAgent(
            listing: listing(text, status: status), character: document(text), workspace: UUID(),
            mark: ListingMark(isOwners: true, looksLike: status == .active ? nil : "other/\(text)"),
            standing: ForkStanding(behind: 2, latest: SemanticVersion("3.0.0"), status: .active))
        return AgentPage(
            shown: shown, document: version ? versions.last.map { PublishedDocument(version: $0, character: document(text)) } : nil,
            versions: versions, hasMoreVersions: true, advice: advice)
    }

    private static func difference(compared: Bool) -> DifferencePage {
        let page = agent()
        let (older, newer) = (page.versions[1].version, page.versions[0].version)
        let change = CharacterDiff(from: document("a"), to: document(hostile))
        return DifferencePage(
            place: place, versions: page.versions, compared: compared ? .init(from: older, to: newer, difference: change) : nil)
    }

    // MARK: Plugins

    private static func stored(full: Bool) -> StoredPlugin {
        let record = PluginRecord(
            name: plugin.name, owner: hostile, repository: full ? "https://a.example/\(hostile)" : "javascript:\(hostile)",
            description: full ? hostile : nil, homepage: full ? "https://a.example/\(hostile)" : "javascript:\(hostile)",
            topics: full ? [hostile] : [], language: full ? hostile : nil, stars: 1, license: full ? hostile : nil, lines: full ? [.v1] : nil,
            lastUpdatedAt: full ? moment : nil, firstSeenAt: moment, goneAt: nil)
        return StoredPlugin(record: record, maintenance: record.maintenance(at: moment), sourceDigest: [], importedAt: moment)
    }

    private static var releases: [PluginRelease] {
        [
            PluginRelease(version: hostile, line: .v1, coreRange: "^2.0.0", isPublished: true, isCurrent: true, firstSeenAt: moment),
            PluginRelease(version: hostile, line: .v0, coreRange: nil, isPublished: false, isCurrent: false, firstSeenAt: moment),
        ]
    }

    private static func registry(found: Bool) -> PluginsPage {
        var address = PluginsAddress()
        address.words = hostile
        address.line = .v1
        address.signal = .stale
        return PluginsPage(
            address: found ? address : PluginsAddress(), found: found ? [stored(full: true), stored(full: false)] : [],
            releases: [plugin.name: releases], nextCursor: found ? "next" : nil,
            counts: PluginCounts(matches: found ? 1200 : 0, signals: [.stale: 1200], lines: [.v1: 3]), core: SemanticVersion("1.5.0"))
    }

    private static func pluginPage(full: Bool) -> PluginPage {
        PluginPage(
            plugin: stored(full: full), releases: full ? releases : [], uses: full ? [PluginUse(spelling: hostile, agents: 10_001)] : [],
            agents: full ? [listing()] : [], core: full ? SemanticVersion("1.5.0") : nil)
    }

    private static func confirm(answered: Bool) -> ConfirmPage {
        var page = ConfirmPage(
            question: hostile, effects: [hostile], button: hostile, action: "/workspace/delete",
            trail: [ConfirmPage.Step(label: hostile, address: "/workspace")], here: hostile)
        page.details = [("Facts", hostile)]
        page.kept = [("facts", hostile)]
        page.change = hostile
        page.word = hostile
        return answered ? page.afterOtherWord() : page
    }

    // MARK: A sign-in

    private static let membership = OIDCMembership(account: UUID(), workspace: UUID(), slug: "acme", name: hostile, role: .viewer)

    private static let restorable = OIDCRestorable(
        membership: OIDCMembership(account: UUID(), workspace: UUID(), slug: "gone", name: hostile, role: .owner),
        purgeAt: Date(timeIntervalSince1970: 1_900_000_000))

    private static func choice(_ memberships: [OIDCMembership], _ restorable: [OIDCRestorable]) -> PageValues {
        WorkspacePages.values(of: OIDCSignIn.Choice(memberships: memberships, restorable: restorable, formToken: "form-token", cookie: ""))
    }

    private static func outsider(_ reason: OIDCOutsider.Reason, subject: String? = hostile) -> PageValues {
        OutsiderPage(outsider: OIDCOutsider(issuer: "https://id.example.com", subject: subject, reason: reason)).values
    }

    // MARK: A workspace

    private static func progress(_ state: JobStatus.State) -> PageValues {
        ForkProgressPage(status: JobStatus(id: UUID(), kind: "agent.fork", state: state, attempts: 1, error: hostile, acceptedAt: moment)).values
    }

    private static func ownAgent(listed: Bool) -> OwnAgent {
        OwnAgent(
            agent: Agent(
                id: UUID(), name: "eliza", displayName: hostile, visibility: listed ? .public : .private, forkedFrom: source, lineage: [source],
                version: 2, createdAt: moment, updatedAt: moment),
            listed: listed ? .init(version: SemanticVersion("1.0.0"), number: 1, status: .deprecated, reason: hostile) : nil,
            original: .init(
                owner: "origin", name: "first", status: .active, latest: SemanticVersion("3.0.0"), copied: SemanticVersion("1.0.0"), behind: 2))
    }

    private static func workspace(full: Bool) -> WorkspacePage {
        let token = Token(
            id: visitor.session.token, workspace: UUID(), user: nil, name: hostile, prefix: "mst_secret", scopes: ["agents:read"], createdAt: moment,
            expiresAt: nil, lastUsedAt: moment, revokedAt: nil, lockedUntil: nil, replacedBy: nil, state: .valid)
        let member = Member(id: UUID(), user: User(id: UUID(), name: hostile, email: "rita@private.example"), role: .owner, since: moment)
        return WorkspacePage(
            workspace: Workspace(id: UUID(), slug: "acme", name: hostile, createdAt: moment, deletedAt: nil, purgeAt: nil),
            agents: full ? [ownAgent(listed: true), ownAgent(listed: false)] : [], nextCursor: full ? "next" : nil,
            tokens: full ? [token, token] : nil, members: full ? [member, member] : nil, limit: 1, session: visitor.session, isFirst: true,
            said: hostile, notices: full ? [notice(isRead: false), notice(isRead: true)] : [], mayWrite: true, removesMembers: full,
            deletes: full, invites: full)
    }

    // MARK: Moderation

    private static func notice(isRead: Bool) -> AgentNotice {
        AgentNotice(
            id: UUID(), agent: UUID(), agentName: hostile,
            source: Removal(
                id: UUID(), owner: "acme", name: hostile, decision: .remove, ground: .malware, decidedAt: moment, appealOutcome: nil,
                liftedAt: isRead ? moment : nil), createdAt: moment, readAt: isRead ? moment : nil)
    }

    private static func reported(decided: Bool) -> ReportStatePage {
        ReportStatePage(
            state: .init(
                id: UUID(), owner: "acme", name: hostile, reason: .malware, createdAt: moment, decision: decided ? .remove : nil,
                decidedAt: decided ? moment : nil))
    }

    private static func decisions(held: Bool) -> DecisionsPage {
        let order = ModerationOrder(decision: .remove, ground: .malware, facts: hostile, rule: hostile, automated: held)
        let appeal = ModerationAppeal(id: UUID(), statement: UUID(), text: hostile, createdAt: moment, outcome: .upheld, decidedAt: moment)
        let statement = ModerationStatement(
            id: UUID(), caseID: UUID(), agent: UUID(), owner: "acme", name: hostile, order: order, redress: hostile, appealUntil: moment,
            createdAt: moment, liftedAt: nil, appeal: nil)
        let older = ModerationStatement(
            id: UUID(), caseID: UUID(), agent: UUID(), owner: "acme", name: hostile, order: order, redress: hostile, appealUntil: moment,
            createdAt: moment, liftedAt: moment, appeal: appeal)
        return DecisionsPage(
            agent: UUID(), statements: [statement, older], nextCursor: "next", isFirst: true, mayWrite: held, said: hostile, faults: [hostile],
            wanted: hostile)
    }

    private static func line(_ kind: ModerationCase.Kind, decided: Bool = false) -> CaseLine {
        CaseLine(
            id: UUID(), kind: kind, standing: .alerted, owner: "acme", name: hostile, status: .active, score: 27.5, openedAt: moment, age: 7200,
            reports: 2, reporters: 2, identified: 1, decision: decided ? .remove : nil, decidedAt: decided ? moment : nil,
            appeal: kind == .appeal ? .init(text: hostile, decision: .remove, decidedWith: UUID()) : nil, reasons: [(reason: .malware, count: 2)])
    }

    private static func owners(found: Bool) -> VerifiedOwnersPage {
        let verification = OwnerVerification(
            id: UUID(), owner: "acme",
            maintainer: VerifiedMaintainer(name: hostile, site: found ? "https://a.example/\(hostile)" : nil, verifiedAt: moment),
            verifiedBy: found ? hostile : nil, withdrawnAt: nil, withdrawnReason: nil, withdrawnBy: nil, listings: 1200)
        var page = VerifiedOwnersPage(owners: found ? [verification] : [], nextCursor: found ? "next" : nil, said: found ? hostile : nil)
        page.typed = found ? .verification(owner: hostile, name: hostile, site: hostile) : .withdrawal(owner: hostile, reason: hostile)
        page.faults = [hostile]
        return page
    }

    private static func judge(_ kind: ModerationCase.Kind, decided: Bool) -> CasePage {
        let report = CaseReport(
            id: UUID(), reason: .other, version: 1, isIdentified: true, text: hostile, contact: hostile, createdAt: moment)
        let wanted = DecisionRequest(decision: "remove", ground: "malware", facts: hostile, rule: hostile, automated: nil)
        return CasePage(detail: .init(line: line(kind, decided: decided), reports: [report]), threshold: 24, wanted: wanted, faults: [hostile])
    }

    private static func own(refused: Bool, typed: OwnAgentPage.Typed? = nil) -> OwnAgentPage {
        let finding = KeyFinding(pointer: JSONPointer([.name("settings"), .name(hostile)]), kind: "a password")
        let version = AgentVersion(
            number: 2, shape: .v1, digest: digest, character: document(hostile), secretPlaces: ["/secrets/\(hostile)"], changelog: hostile,
            createdAt: moment)
        let detail = OwnAgentDetail(
            own: ownAgent(listed: !refused), version: version, plugins: [plugin], findings: refused ? [finding] : [])
        let refusal = PublishingRefusal(title: hostile, detail: hostile, status: 422, findings: [finding])
        return OwnAgentPage(
            detail: detail, slug: refused ? nil : "acme", advice: advice, mayWrite: !refused, said: hostile, refusal: refused ? refusal : nil,
            wantedVersion: hostile, wantedChangelog: hostile, typed: typed)
    }
}
