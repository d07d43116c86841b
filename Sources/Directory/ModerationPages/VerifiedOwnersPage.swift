import Foundation
import Web
import Workspaces

/// Owners that operators have verified, and the forms by which one is verified and that is taken back.
struct VerifiedOwnersPage: Sendable {
    /// What was typed into a form that came to nothing.
    enum Typed: Sendable {
        case verification(owner: String, name: String, site: String)
        case withdrawal(owner: String, reason: String)
    }

    static let title = "Verified owners"
    static let address = "/moderation/owners"

    let owners: [OwnerVerification]
    /// Where the next page begins; nil on the last.
    let nextCursor: String?
    let said: String?
    var typed: Typed?
    var faults: [String] = []

    var values: PageValues {
        let next = nextCursor.map { PageAddress.query(Self.address, [(name: "cursor", value: $0)]) }
        let shown: PageValues = [
            "said": .maybe(said), "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }),
            "owners": .section(owners.map(Self.line)), "next": .maybe(next), "nameLimit": .text("\(VerifiedMaintainer.nameLimit)"),
            "siteLimit": .text("\(VerifiedMaintainer.siteLimit)"), "reasonLimit": .text("\(VerifiedMaintainer.reasonLimit)"),
        ]
        return shown.merging(form)
    }

    private static func line(_ verification: OwnerVerification) -> PageValues {
        let maintainer = verification.maintainer
        let values: PageValues = [
            "owner": .text(verification.owner), "ownerAddress": .text(AgentsAddress.owner(verification.owner).text),
            "maintainerName": .text(maintainer.name), "maintainerSite": .maybe(maintainer.site), "operator": .maybe(verification.verifiedBy),
            "listings": .text(PageWords.number(verification.listings)),
        ]
        return values.merging(PageWords.moment(maintainer.verifiedAt))
    }

    private var form: PageValues {
        var (owner, name, site, endedOwner, reason) = ("", "", "", "", "")
        switch typed {
        case .verification(let typedOwner, let typedName, let typedSite)?: (owner, name, site) = (typedOwner, typedName, typedSite)
        case .withdrawal(let typedOwner, let typedReason)?: (endedOwner, reason) = (typedOwner, typedReason)
        case nil: break
        }
        return [
            "wantedOwner": .maybe(owner), "wantedName": .maybe(name), "wantedSite": .maybe(site), "endedOwner": .maybe(endedOwner),
            "endedReason": .maybe(reason),
        ]
    }

    // MARK: Before a withdrawal

    /// What an operator is asked before an owner is verified no more.
    static func question(before ended: OwnerVerification, reason: String) -> ConfirmPage {
        let agents = PageWords.count(ended.listings, "agent", "agents")
        var page = ConfirmPage(
            question: "Take back that \(ended.owner) is verified?",
            effects: [
                "Nobody reads any more, with its \(agents) in public, that “\(ended.maintainer.name)” stands behind it.",
                "The reason is kept for operators, and stands in the export of the owner’s workspace.",
            ], button: "Take it back", action: "\(address)/withdraw",
            trail: [
                ConfirmPage.Step(label: "Reports and appeals", address: "/moderation"), ConfirmPage.Step(label: title, address: address),
            ], here: "Take it back")
        page.details = [("Reason", reason)]
        page.kept = [("owner", ended.owner), ("reason", reason)]
        page.change = "Change what I wrote"
        return page
    }

    /// A fault of what was sent, by the words of the forms.
    static func words(_ fault: FieldFault) -> String {
        switch fault.place {
        case .pointer("#/name"): "Who stands behind it: \(fault.detail)"
        case .pointer("#/site"): "The site: \(fault.detail)"
        case .pointer("#/reason"): "Why: \(fault.detail)"
        default: fault.detail
        }
    }
}
