import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// Signing in with an account at the issuer, instead of a token.
///
/// ```
///   /sign-in ── link ──▶ /sign-in/oidc ──▶ issuer ──▶ …/callback ──▶ where it was to lead
///                                                        └── several ──▶ a choice ── POST …/workspace ──▶
///                                                            (or deleted ones, to restore)
/// ```
extension WorkspacePages {
    /// Where no issuer signs people in these addresses are not there.
    func mount(_ accounts: OIDCSignIn, in routes: RouteCollection<AppContext>) {
        routes.get("/sign-in/oidc") { request, _ in
            try await accounts.begin(next: Self.safe(try Query(request)["next"]), for: request)
        }
        routes.get(RouterPath(OIDCRelyingParty.path)) { request, context -> Response in
            let outcome = try await accounts.finish(request)
            var response = try await answer(outcome, of: accounts, request, context)
            response.headers.append(HTTPField(name: .setCookie, value: accounts.forgottenAttempt(for: request)))
            return response
        }
        routes.post(RouterPath(OIDCSignIn.choicePath)) { request, context -> Response in
            try SessionGate.refuseOtherSites(request)
            let outcome = try await accounts.choose(try await request.readForm(), in: request)
            var response = try await answer(outcome, of: accounts, request, context)
            if case .several = outcome { return response }
            response.headers.append(HTTPField(name: .setCookie, value: accounts.forgottenChoice(for: request)))
            return response
        }
    }

    private func answer(
        _ outcome: OIDCSignIn.Outcome, of accounts: OIDCSignIn, _ request: Request, _ context: AppContext
    ) async throws -> Response {
        switch outcome {
        case .member(let membership, let next): return signedIn(membership, next: Self.safe(next), request, context)
        case .restoring(let place, let next):
            try await workspaces.restore(place)
            return signedIn(place.membership, next: Self.safe(next), request, context)
        case .several(let choice):
            let head = PageHead(title: "Choose a workspace", part: .workspace, isUnlisted: true, formToken: choice.formToken)
            var response = PageHeaders.passing(templates.document(.choose, head, Self.values(of: choice)))
            response.headers.append(HTTPField(name: .setCookie, value: accounts.cookie(of: choice, for: request)))
            return response
        case .outsider(let outsider):
            let page = OutsiderPage(outsider: outsider)
            let head = PageHead(title: page.headline, part: .workspace, isUnlisted: true)
            return PageHeaders.passing(templates.document(.outsider, head, page.values), status: .forbidden)
        case .refused(let refusal): return signInPage(request, next: Self.safe(nil), refusal: refusal.shown)
        }
    }

    /// Begins a session, and leads on from a page of ours. A redirect would not do: to a browser the issuer has caused it, and the
    /// session's cookie does not go along with what another site has caused.
    private func signedIn(_ membership: OIDCMembership, next: String, _ request: Request, _ context: AppContext) -> Response {
        let session = gate.session(of: membership.account, in: membership.workspace)
        context.facts.workspace = membership.workspace
        let head = PageHead(title: "You are signed in", part: .workspace, isUnlisted: true)
        let values: PageValues = ["workspaceName": .text(membership.name), "nextAddress": .text(next)]
        var response = PageHeaders.passing(templates.document(.signedin, head, values))
        response.headers[.refresh] = "0; url=\(next)"
        response.headers.append(HTTPField(name: .setCookie, value: gate.cookie(of: session, for: request)))
        context.logger.info(
            "somebody signed in for a workspace with an account of the identity provider",
            metadata: ["token_id": .string(membership.account.lowercased)])
        return response
    }

    static func values(of choice: OIDCSignIn.Choice) -> PageValues {
        let items = choice.memberships.map { membership -> PageValues in
            ["slug": .text(membership.slug), "workspaceName": .text(membership.name), "role": .text(membership.role.rawValue)]
        }
        let restorable = choice.restorable.map { place -> PageValues in
            [
                "slug": .text(place.membership.slug), "workspaceName": .text(place.membership.name),
                "purgeDay": .text(String(WireCoding.text(place.purgeAt).prefix(10))),
            ]
        }
        return ["choiceAddress": .text(OIDCSignIn.choicePath), "memberships": .section(items), "restorable": .section(restorable)]
    }
}

extension HTTPField.Name {
    /// Leads a browser on from a page, without a script.
    static let refresh = literal("refresh")
}

extension OIDCSignIn.Refusal {
    var shown: SignInRefusal {
        switch self {
        case .stale:
            SignInRefusal(
                words: "The sign-in was begun too long ago, or in another browser or tab. Begin it again.", status: .forbidden, isOfToken: false)
        case .declined: SignInRefusal(words: "The identity provider did not sign you in.", status: .forbidden, isOfToken: false)
        case .spent:
            SignInRefusal(words: "The sign-in was used already, or took too long. Begin it again.", status: .unauthorized, isOfToken: false)
        case .invalid:
            SignInRefusal(words: "What the identity provider sent is not valid for this sign-in.", status: .unauthorized, isOfToken: false)
        case .failed:
            SignInRefusal(
                words: "The identity provider could not sign you in. Whoever runs this installation finds the reason in its log.",
                status: .badGateway, isOfToken: false)
        }
    }
}
