import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Web
import Workspaces

/// Reporting an agent: open to anybody, and by a form of ours only.
extension DirectoryPages {
    func reportForm(_ request: Request, _ context: AppContext) async throws -> Response {
        let address = try ListingGate.Address(request, context, root: "/agents", owner: "owner")
        let found = try await pool.transaction(.unscoped) { transaction in
            try await ListingGate.find(address.place, in: transaction) { _ in address.place }
        }
        switch found {
        case .moved(let place): return address.redirect(to: place)
        case .here(let place): return form(ReportPage(place: place), for: request)
        }
    }

    func report(_ request: Request, _ context: AppContext) async throws -> Response {
        try SessionGate.refuseOtherSites(request)
        let place = ListingPlace(owner: try context.pathText("owner"), name: try context.pathText("name"))
        let sent = try await request.readForm(limit: BodyLimit.standard)
        let contact = Self.given(sent["contact"])
        var page = ReportPage(place: place, reason: sent["reason"], text: Self.given(sent["text"]), contact: contact)
        guard reportForms.isOurs(sent, in: request) else {
            page.faults = ["The form was too old. Send it again."]
            return form(page, for: request, status: .forbidden)
        }
        do {
            let submission = try ReportRequest(reason: sent["reason"] ?? "", text: page.text, contact: contact)
                .checked(owner: place.owner, name: place.name)
            // Whoever is signed in is believed more, as with a token.
            let visitor = try await workspace.gate.visitor(of: request)
            let receipt = try await reports.take(
                submission, by: visitor?.session.workspace, from: network(of: request, context), logger: context.logger)
            let values = ReportPage.thanks(ReportReceiptAnswer(receipt), for: place)
            return PageHeaders.passing(templates.document(.thanks, PageHead(title: "Thank you", isUnlisted: true), values))
        } catch let problem as Problem where problem.status == .unprocessableContent {
            page.faults = problem.errors.map(Self.words)
            return form(page, for: request, status: problem.status)
        } catch let refusal as ReportDesk.Refusal {
            switch refusal {
            case .unknownAgent: throw ListingGate.unknown
            case .tooMany:
                page.faults = ["At most \(Int(ReportDesk.most)) reports an hour are taken from one address. Come again a little later."]
                return form(page, for: request, status: .tooManyRequests)
            }
        }
    }

    /// What became of a report, for whoever has its receipt.
    func reportState(_ request: Request, _ context: AppContext) async throws -> Response {
        let receipt = try Query(request)["receipt"] ?? ""
        guard let state = try await reports.state(of: try context.pathID(), receipt: receipt) else {
            throw Problem.notFound("There is no such report, or the address lacks its receipt.")
        }
        let page = ReportStatePage(state: state)
        return PageHeaders.passing(templates.document(.reported, PageHead(title: "Your report", isUnlisted: true), page.values))
    }

    private func form(_ page: ReportPage, for request: Request, status: HTTPResponse.Status = .ok) -> Response {
        let ticket = reportForms.ticket(for: request)
        let head = PageHead(title: page.title, isUnlisted: true, formToken: ticket.token)
        var response = PageHeaders.passing(templates.document(.report, head, page.values), status: status)
        response.headers[.setCookie] = ticket.cookie
        return response
    }

    /// A field that was left empty was not filled in.
    private static func given(_ text: String?) -> String? {
        guard let text, !text.allSatisfy(\.isWhitespace) else { return nil }
        return text
    }

    /// A fault of the report, by the words of the form.
    private static func words(_ fault: FieldFault) -> String {
        switch fault.place {
        case .pointer("#/reason"): "Say what it is: choose one of the reasons."
        case .pointer("#/text"): "In your words: \(fault.detail)"
        case .pointer("#/contact"): "How to reach you: \(fault.detail)"
        default: fault.detail
        }
    }
}
