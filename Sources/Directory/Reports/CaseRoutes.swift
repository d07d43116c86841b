import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web

/// What operators see of reports and appeals, and decide. For tokens with the scope `directory:moderate`.
///
/// A decision takes no Idempotency-Key: a case is decided once, and the same decision again finds it so.
struct CaseRoutes: Sendable {
    let desk: CaseDesk

    /// `/v1/operations/agent-reports…`, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.queue, use: queue)
        routes.on(Self.show, use: show)
        routes.on(Self.decide, use: decide)
        return routes
    }

    private func queue(_ request: Request, _ context: IdentifiedContext) async throws -> Page<CaseAnswer> {
        let page = try PageRequest<UUID>(request)
        let standing = try Query(request).word("standing", as: ModerationCase.Standing.self)
        let lines = try await desk.queue(standing: standing, after: page.after, limit: page.limit + 1)
        return try Page(lines.map { CaseAnswer($0, policy: desk.policy) }, for: page, key: \.key)
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let detail = try await answering { try await desk.detail(of: try context.pathID("case")) }
        return try context.responseEncoder.encode(CaseDetailAnswer(detail, policy: desk.policy), from: request, context: context)
    }

    private func decide(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let id = try context.pathID("case")
        let (wanted, _) = try await request.readJSON(DecisionRequest.self, in: context)
        let order = try wanted.checked()
        let actor = ModerationOperator(context.identity)
        let decided = try await answering { try await desk.decide(id, order, by: actor) }
        if !decided.isReplay {
            context.logger.notice(
                "an operator acted",
                metadata: ["token_id": "\(actor.token.lowercased)", "act": "\(order.decision.rawValue)", "subject": "\(id.lowercased)"])
        }
        var response = try context.responseEncoder.encode(DecidedAnswer(decided), from: request, context: context)
        if decided.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    /// The desk's refusals in the words of HTTP.
    private func answering<Answer>(_ operation: () async throws -> Answer) async throws -> Answer {
        do {
            return try await operation()
        } catch let refusal as CaseDesk.Refusal {
            throw refusal.problem
        }
    }
}

extension CaseDesk.Refusal {
    var problem: Problem {
        switch self {
        case .notFound: .notFound("There is no such case.")
        case .decided(let decision): .conflict("The case was decided before, and otherwise: \(decision.rawValue).", name: "case-decided")
        case .pending(let other):
            .conflict(
                "The reports that the appeal is about wait for their own decision, which decides the appeal too: \(other.lowercased).",
                name: "case-pending")
        case .sameOperator:
            Problem(
                .forbidden, name: "same-operator", title: "Another operator decides this", detail: "The appeal is against a decision of yours.")
        }
    }
}
