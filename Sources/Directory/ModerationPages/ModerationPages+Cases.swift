import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// The queue, a case, and its decision.
extension ModerationPages {
    /// Cases of a page.
    private static let rows = 50

    func queue(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            let after = try query["cursor"].map { try Cursor.decode($0, as: UUID.self) }
            let lines = try await desk.queue(standing: nil, after: after, limit: Self.rows + 1)
            let shown = CaseQueuePage(
                lines: Array(lines.prefix(Self.rows)),
                nextCursor: lines.count > Self.rows ? try lines.dropLast().last.map { try Cursor.encode($0.id) } : nil,
                threshold: desk.policy.threshold, said: query["said"] == "decided" ? "It is decided." : nil)
            return page(.moderation, "Reports and appeals", for: visitor, shown.values)
        }
    }

    func show(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let shown = try await casePage(try context.pathID("case"))
            return page(.judge, shown.title, for: visitor, shown.values)
        }
    }

    func decide(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID("case")
        return try await visited(request, backTo: PageAddress.path("moderation", id.lowercased)) { visitor in
            let form = try await gate.form(of: request, by: visitor, limit: BodyLimit.standard)
            let rule = (form["rule"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
            let wanted = DecisionRequest(
                decision: form["decision"] ?? "", ground: form["ground"] ?? "", facts: form["facts"] ?? "", rule: rule.isEmpty ? nil : rule,
                automated: false)
            let fault: Problem
            do {
                let actor = ModerationOperator(token: visitor.session.token, holder: visitor.operator)
                let order = try wanted.checked()
                if let question = try await unsure(id, order, wanted, form, for: visitor) { return question }
                let decided = try await desk.decide(id, order, by: actor)
                if !decided.isReplay {
                    context.logger.notice(
                        "an operator acted",
                        metadata: ["operator": "\(visitor.name)", "act": "\(order.decision.rawValue)", "subject": "\(id.lowercased)"])
                }
                return .redirect(to: "/moderation?said=decided")
            } catch let problem as Problem where problem.status == .unprocessableContent {
                fault = problem
            } catch let refusal as CaseDesk.Refusal where refusal != .notFound {
                fault = refusal.problem
            } catch let refusal as CaseDesk.Refusal {
                throw refusal.problem
            }
            var shown = try await casePage(id)
            shown.wanted = wanted
            shown.faults = fault.errors.isEmpty ? [fault.detail ?? fault.title] : fault.errors.map(CasePage.words)
            return page(.judge, shown.title, for: visitor, status: fault.status, shown.values)
        }
    }

    /// The page that is shown before a decision that takes something from the owner: the question, or the form again for whoever wants to change
    /// what was typed. Nil for what was confirmed, takes nothing, or was decided before.
    private func unsure(
        _ id: UUID, _ order: ModerationOrder, _ wanted: DecisionRequest, _ form: Query, for visitor: SessionVisitor
    ) async throws -> Response? {
        guard order.decision.isRestriction else { return nil }
        var shown = try await casePage(id)
        guard !shown.isDecided else { return nil }
        let question = shown.question(before: order, wanted)
        switch question.answer(in: form) {
        case .yes, .otherWord: return nil
        case .open: return page(.confirm, question.question, for: visitor, question.values)
        case .no:
            shown.wanted = wanted
            return page(.judge, shown.title, for: visitor, shown.values)
        }
    }

    private func casePage(_ id: UUID) async throws -> CasePage {
        do {
            return CasePage(detail: try await desk.detail(of: id), threshold: desk.policy.threshold)
        } catch let refusal as CaseDesk.Refusal {
            throw refusal.problem
        }
    }
}
