import Foundation
import Jobs
import Web
import Workspaces

/// What an invitation offers to whoever has its code, and the form by which it is accepted.
struct OfferPage: Sendable {
    /// What was typed into the form.
    struct Wish: Sendable {
        /// Carried along from the form before.
        let code: String
        var name = ""
        var email = ""
        /// Until the first token expires; empty for never, as of any token that somebody makes.
        var days = ""
    }

    let offer: InvitationStore.Offer
    let wish: Wish
    /// Why it was not accepted.
    var faults: [String] = []

    var values: PageValues {
        let values: PageValues = [
            "workspaceName": .text(offer.workspace.name), "slug": .text(offer.workspace.slug), "role": .text(offer.role.rawValue),
            "roleWords": .text(offer.role.explanation), "inviter": .text(offer.inviter ?? "whoever runs this installation"),
            "email": .maybe(offer.email), "asksAddress": .flag(offer.email == nil), "code": .text(wish.code), "wantedName": .maybe(wish.name),
            "wantedEmail": .maybe(wish.email), "wantedDays": .maybe(wish.days),
            "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }),
        ]
        return values.merging(InvitationWords.expiry(offer.expiresAt))
    }
}

/// That somebody has come in, with its first token: the one page that shows it.
struct JoinedPage: Sendable {
    let acceptance: InvitationStore.Acceptance

    var values: PageValues {
        let expiry = acceptance.token.expiresAt.map { "It expires on \(WireCoding.text($0).prefix(10))." }
        return [
            "workspaceName": .text(acceptance.workspace.name), "role": .text(acceptance.member.role.rawValue),
            "token": .text(acceptance.secret.text), "expiryWords": .text(expiry ?? "It never expires by itself."),
        ]
    }
}
