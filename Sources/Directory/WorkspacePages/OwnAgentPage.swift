import Foundation
import Jobs
import Web
import Workspaces

/// An agent as its own workspace sees it: what to set before it works, who sees it, and where it came from.
struct OwnAgentPage: Sendable {
    let detail: OwnAgentDetail
    /// The owner's name in public addresses; nil for what is listed nowhere.
    let slug: String?
    let advice: [PluginReference: PluginAdvice]
    /// Whether the visitor may publish and take back.
    let mayWrite: Bool
    let said: String?
    /// Why a form was not carried out.
    let refusal: PublishingRefusal?
    /// What was typed into that form.
    let wantedVersion: String?
    let wantedChangelog: String?
    /// What came back of the form of its name, or of its deprecation.
    var typed: Typed?

    var own: OwnAgent { detail.own }
    var address: String { PageAddress.path("workspace", "agents", own.agent.id.lowercased) }

    /// Whether operators have taken its public copy out of the directory: then its owner changes nothing.
    var isModerated: Bool { own.listed.map { !$0.status.isOpen } ?? false }

    var values: PageValues {
        let agent = own.agent
        let about: PageValues = [
            "title": .text(agent.displayName), "name": .text(agent.name), "said": .maybe(said), "refusal": refusalPart,
            "visibility": .text(own.visibilityWords), "tone": .text(own.tone), "number": .text("\(detail.version.number)"),
            "updated": .moment(agent.updatedAt), "secrets": .section(PlacePart.list(detail.version.secretPlaces)),
            "plugins": .section(PluginPart.list(detail.plugins, advice)), "changelog": .maybe(detail.version.changelog),
            "lineage": lineage, "apiAddress": .text("/v1/agents/\(agent.id.lowercased)"),
            "decisionsAddress": .text("\(address)/decisions"),
        ]
        return about.merging(publishing).merging(changes)
    }

    // MARK: Publishing

    private var publishing: PageValues {
        let mayChange = mayWrite && !isModerated
        // What was refused for them names them already.
        let findings = refusal?.findings.isEmpty == false ? [] : Self.places(detail.findings)
        let word = own.listed == nil ? "Publish" : "Publish this version"
        return [
            "publicWords": .text(publicWords), "publicAddress": publicAddress, "findings": .section(findings),
            "publish": .flag(mayChange && detail.findings.isEmpty), "publishAddress": .text("\(address)/publish"), "publishWord": .text(word),
            "wantedVersion": .maybe(wantedVersion), "wantedChangelog": .maybe(wantedChangelog),
            "takeBack": .flag(mayChange && own.listed != nil), "takeBackAddress": .text("\(address)/unpublish"), "mayNotWrite": .flag(!mayWrite),
        ]
    }

    private var publicWords: String {
        guard let listed = own.listed else { return "Only this workspace sees it." }
        let reason = listed.reason.map { " The reason: \($0)" } ?? ""
        switch listed.status {
        case .active, .deprecated:
            let shown = listed.version.map { "version \($0)" } ?? "an older version"
            let newest = listed.number == detail.version.number ? "which is its newest here" : "and the newest here is not published"
            let advice = listed.status == .deprecated ? " It is deprecated.\(reason)" : ""
            return "Everyone sees \(shown), \(newest).\(advice)"
        case .quarantined: return "Operators look into it; until they have decided it is not found, not forked, and stays as it is.\(reason)"
        case .removed: return "Operators removed it from the directory.\(reason)"
        }
    }

    private var publicAddress: PageValue {
        guard let slug, own.listed != nil else { return .nothing }
        return .text(PageAddress.path("agents", slug, own.agent.name))
    }

    private var refusalPart: PageValue {
        guard let refusal else { return typedNotice }
        return .group([
            "headline": .text(refusal.title), "detail": .text(refusal.detail), "places": .section(Self.places(refusal.findings)),
        ])
    }

    private static func places(_ findings: [KeyFinding]) -> [PageValues] {
        findings.map { finding -> PageValues in
            ["kind": .text("What looks like \(finding.kind)"), "place": .text(PageWords.cut(finding.pointer.description, at: 300))]
        }
    }

    // MARK: Where it came from

    private var lineage: PageValue {
        let lineage = own.agent.lineage
        guard !lineage.isEmpty else { return .nothing }
        let original = own.original
        return .group([
            "items": .list(LineagePart.list(lineage)),
            "standing": .text(LineagePart.words(behind: original?.behind, status: original?.status)), "differenceAddress": differenceAddress,
        ])
    }

    /// From the version that was copied to the one that the original shows now, where they are two.
    private var differenceAddress: PageValue {
        guard let original = own.original, original.status.isOpen, let from = original.copied, let to = original.latest, from != to else {
            return .nothing
        }
        return .text(DifferencePage.address(of: PageAddress.path("agents", original.owner, original.name), from: from, to: to))
    }
}
