import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// Who stands behind owners: the list, and what verifies one and takes that back.
extension ModerationPages {
    /// Owners of a page.
    private static let ownerRows = 100

    func owners(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            let after = try query["cursor"].map { try Cursor.decode($0, as: String.self) }
            let said: String? =
                switch query["said"] {
                case "verified"?: "It is verified."
                case "withdrawn"?: "It is verified no more."
                default: nil
                }
            let shown = try await ownersPage(after: after, said: said)
            return page(.owners, VerifiedOwnersPage.title, for: visitor, shown.values)
        }
    }

    func verifyOwner(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, backTo: VerifiedOwnersPage.address) { visitor in
            let form = try await gate.form(of: request, by: visitor, limit: BodyLimit.standard)
            let (owner, name, site) = (Self.trimmed(form["owner"]), form["name"] ?? "", Self.trimmed(form["site"]))
            return try await acting(.verification(owner: owner, name: name, site: site), for: visitor) { actor in
                let order = try VerificationRequest(name: name, site: site.isEmpty ? nil : site).checked()
                let outcome = try await verifications.verify(owner, order, by: actor)
                if !outcome.isReplay { note("verify", owner, by: visitor, in: context) }
                return .redirect(to: "\(VerifiedOwnersPage.address)?said=verified")
            }
        }
    }

    func withdrawOwner(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request, backTo: VerifiedOwnersPage.address) { visitor in
            let form = try await gate.form(of: request, by: visitor, limit: BodyLimit.standard)
            let (owner, given) = (Self.trimmed(form["owner"]), form["reason"] ?? "")
            let typed = VerifiedOwnersPage.Typed.withdrawal(owner: owner, reason: given)
            return try await acting(typed, for: visitor) { actor in
                let reason = try VerificationEndRequest(reason: given).checked()
                guard let held = try await verifications.history(of: owner).first, held.withdrawnAt == nil else {
                    throw VerificationDesk.Refusal.notVerified
                }
                let question = VerifiedOwnersPage.question(before: held, reason: reason)
                switch question.answer(in: form) {
                case .open: return page(.confirm, question.question, for: visitor, question.values)
                case .no:
                    var shown = try await ownersPage(after: nil, said: nil)
                    shown.typed = typed
                    return page(.owners, VerifiedOwnersPage.title, for: visitor, shown.values)
                case .yes, .otherWord: break
                }
                _ = try await verifications.withdraw(owner, reason: reason, by: actor)
                note("unverify", owner, by: visitor, in: context)
                return .redirect(to: "\(VerifiedOwnersPage.address)?said=withdrawn")
            }
        }
    }

    /// Does what a form asks for; what is refused comes back in the form.
    private func acting(
        _ typed: VerifiedOwnersPage.Typed, for visitor: SessionVisitor, _ act: (ModerationOperator) async throws -> Response
    ) async throws -> Response {
        let fault: Problem
        do {
            return try await act(ModerationOperator(token: visitor.session.token, holder: visitor.operator))
        } catch let problem as Problem where problem.status == .unprocessableContent {
            fault = problem
        } catch let refusal as VerificationDesk.Refusal {
            fault = refusal.problem
        }
        var shown = try await ownersPage(after: nil, said: nil)
        shown.typed = typed
        shown.faults = fault.errors.isEmpty ? [fault.detail ?? fault.title] : fault.errors.map(VerifiedOwnersPage.words)
        return page(.owners, VerifiedOwnersPage.title, for: visitor, status: fault.status, shown.values)
    }

    private func ownersPage(after owner: String?, said: String?) async throws -> VerifiedOwnersPage {
        let found = try await verifications.page(after: owner, limit: Self.ownerRows + 1)
        return VerifiedOwnersPage(
            owners: Array(found.prefix(Self.ownerRows)),
            nextCursor: found.count > Self.ownerRows ? try found.dropLast().last.map { try Cursor.encode($0.owner) } : nil, said: said)
    }

    private func note(_ act: String, _ owner: String, by visitor: SessionVisitor, in context: AppContext) {
        context.logger.notice("an operator acted", metadata: ["operator": "\(visitor.name)", "act": "\(act)", "subject": "\(owner)"])
    }

    private static func trimmed(_ text: String?) -> String { (text ?? "").trimmingCharacters(in: .whitespacesAndNewlines) }
}
