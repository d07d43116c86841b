import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// Coming in by an invitation: its code is pasted into a form, and what it offers is accepted by another.
///
/// ```
///   code ──▶ what it offers ──▶ joined: a first token, shown once, and signed in by it
///     ▲            │   ▲──────────── what was typed is at fault, or an address is taken
///     └────────────┴── not open, whatever the reason
/// ```
///
/// The code is in bodies alone. In an address it would be in logs and in the browser's history.
extension WorkspacePages {
    func invitationForm(_ request: Request, _ context: AppContext) async throws -> Response {
        try workspaces.requireMultiUser()
        return codePage(request)
    }

    func offer(_ request: Request, _ context: AppContext) async throws -> Response {
        try await invited(request, context) { form, ticket in
            let wish = OfferPage.Wish(code: form.trimmed("code"))
            return offerPage(OfferPage(offer: try await workspaces.offer(of: wish.code), wish: wish), ticket)
        }
    }

    func accept(_ request: Request, _ context: AppContext) async throws -> Response {
        try await invited(request, context) { form, ticket in
            let wish = OfferPage.Wish(
                code: form.trimmed("code"), name: form.trimmed("name"), email: form.trimmed("email"), days: form.trimmed("days"))
            let offer = try await workspaces.offer(of: wish.code)
            // One for an address is for that one: the form asked for none.
            let email = offer.email != nil || wish.email.isEmpty ? nil : wish.email
            do {
                let acceptance = try await workspaces.accept(wish.code, name: wish.name, email: email, days: Self.days(wish.days))
                return joined(acceptance, request, context)
            } catch let problem as Problem where problem.status == .unprocessableContent {
                let faults = problem.errors.map(\.detail)
                return offerPage(OfferPage(offer: offer, wish: wish, faults: faults), ticket, status: problem.status)
            } catch let error as WorkspaceError {
                guard let fault = Self.fault(error) else { throw error }
                return offerPage(OfferPage(offer: offer, wish: wish, faults: [fault]), ticket, status: .conflict)
            }
        }
    }

    // MARK: Parts

    /// Answers the form of somebody with a code, once it is certain that it is one of ours. A code that lets nobody in is asked for again.
    private func invited(
        _ request: Request, _ context: AppContext, _ answer: (Query, StrangerForms.Ticket) async throws -> Response
    ) async throws -> Response {
        try SessionGate.refuseOtherSites(request)
        let form = try await request.readForm()
        guard invitationForms.isOurs(form, in: request) else {
            return codePage(request, refusal: SessionGate.Refusal.staleForm.words, status: SessionGate.Refusal.staleForm.status)
        }
        do {
            return try await answer(form, invitationForms.ticket(for: request))
        } catch let error as WorkspaceError where error.code == .unknownInvitation {
            context.logger.notice("an invitation's code was refused")
            return codePage(request, refusal: "There is no such invitation, or it is not open any more.", status: .notFound)
        }
    }

    private func codePage(_ request: Request, refusal: String? = nil, status: HTTPResponse.Status = .ok) -> Response {
        let ticket = invitationForms.ticket(for: request)
        let head = PageHead(title: "Accept an invitation", part: .workspace, isUnlisted: true, formToken: ticket.token)
        var response = PageHeaders.passing(templates.document(.invitation, head, ["refusal": .maybe(refusal)]), status: status)
        response.headers[.setCookie] = ticket.cookie
        return response
    }

    private func offerPage(_ offer: OfferPage, _ ticket: StrangerForms.Ticket, status: HTTPResponse.Status = .ok) -> Response {
        let head = PageHead(title: "Join a workspace", part: .workspace, isUnlisted: true, formToken: ticket.token)
        var response = PageHeaders.passing(templates.document(.offer, head, offer.values), status: status)
        response.headers[.setCookie] = ticket.cookie
        return response
    }

    /// Signs the browser in, as if the token had been shown.
    private func joined(_ acceptance: InvitationStore.Acceptance, _ request: Request, _ context: AppContext) -> Response {
        let session = gate.session(of: acceptance.token)
        context.facts.workspace = session.workspace
        context.logger.info("somebody joined a workspace", metadata: ["token_id": .string(session.token.lowercased)])
        let head = PageHead(title: "Joined", part: .workspace, isUnlisted: true)
        var response = PageHeaders.passing(templates.document(.joined, head, JoinedPage(acceptance: acceptance).values))
        response.headers[.setCookie] = gate.cookie(of: session, for: request)
        return response
    }

    /// What keeps somebody from accepting an invitation that is open; nil for anything else.
    private static func fault(_ error: WorkspaceError) -> String? {
        switch error.code {
        case .emailTaken: "Somebody has this mail address. If it is yours, ask for an invitation that is for it, or leave the field empty."
        case .alreadyMember: "Whoever has this mail address is a member of the workspace already."
        default: nil
        }
    }
}
