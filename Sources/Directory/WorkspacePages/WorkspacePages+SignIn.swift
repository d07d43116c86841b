import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// Signing in by showing a token, and signing out.
extension WorkspacePages {
    func signInForm(_ request: Request, _ context: AppContext) async throws -> Response {
        let next = Self.safe(try Query(request)["next"])
        if try await gate.visitor(of: request) != nil { return .redirect(to: next) }
        return signInPage(request, next: next, refusal: nil)
    }

    func signIn(_ request: Request, _ context: AppContext) async throws -> Response {
        try SessionGate.refuseOtherSites(request)
        let form = try await request.readForm()
        let next = Self.safe(form["next"])
        guard signInForms.isOurs(form, in: request) else { return signInPage(request, next: next, refusal: SessionGate.Refusal.staleForm.shown) }
        let token = (form["token"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        switch try await gate.signIn(token) {
        case .success(let session):
            context.facts.workspace = session.workspace
            var response = Response.redirect(to: next)
            response.headers[.setCookie] = gate.cookie(of: session, for: request)
            context.logger.info("somebody signed in for a workspace", metadata: ["token_id": .string(session.token.lowercased)])
            return response
        case .failure(let refusal):
            context.logger.notice("a sign-in was refused", metadata: ["reason": .string("\(refusal)")])
            return signInPage(request, next: next, refusal: refusal.shown)
        }
    }

    func signOut(_ request: Request, _ context: AppContext) async throws -> Response {
        var response = try await acted(request, context, needs: nil) { visitor, _ in
            try await gate.end(visitor.session)
            return .redirect(to: "/agents")
        }
        response.headers[.setCookie] = gate.cookieOfNobody(for: request)
        return response
    }

    func signInPage(_ request: Request, next: String, refusal: SignInRefusal?) -> Response {
        let ticket = signInForms.ticket(for: request)
        let head = PageHead(title: "Sign in", part: .workspace, isUnlisted: true, formToken: ticket.token)
        let address = accounts == nil ? nil : PageAddress.query("/sign-in/oidc", [(name: "next", value: next)])
        let values: PageValues = [
            "nextAddress": .text(next), "refusal": .maybe(refusal?.words), "isTokenRefused": .flag(refusal?.isOfToken ?? false),
            "accountAddress": .maybe(address), "issuerName": .maybe(accounts?.issuerName),
            "invitationAddress": workspaces.isMultiUser ? .text("/invitation") : .nothing,
        ]
        var response = PageHeaders.passing(templates.document(.signin, head, values), status: refusal?.status ?? .ok)
        response.headers[.setCookie] = ticket.cookie
        return response
    }

    /// Where somebody goes after signing in: a page of ours, whatever the address says.
    static func safe(_ next: String?) -> String {
        let home = "/workspace"
        guard let next, next.utf8.count <= 2000, next.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else { return home }
        let isOurs = ["/workspace", "/agents"].contains { next == $0 || next.hasPrefix("\($0)/") || next.hasPrefix("\($0)?") }
        return isOurs ? next : home
    }
}

/// Why somebody was not signed in, as the page for the next try shows it.
struct SignInRefusal: Sendable {
    let words: String
    let status: HTTPResponse.Status
    /// Whether it is the token's fault, and its field's.
    let isOfToken: Bool
}

extension SessionGate.Refusal {
    var shown: SignInRefusal { SignInRefusal(words: words, status: status, isOfToken: true) }

    var words: String {
        switch self {
        case .invalid: "The token is not valid."
        case .expired: "The token has expired."
        case .missingScope: "The token is good, and may not read a workspace’s agents."
        case .staleForm: "The form was too old. Send it again."
        }
    }

    var status: HTTPResponse.Status {
        switch self {
        case .invalid, .expired: .unauthorized
        case .missingScope, .staleForm: .forbidden
        }
    }
}
