import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web

/// By which operators say who stands behind an owner. For tokens with the scope `directory:moderate`.
///
/// Neither act takes an Idempotency-Key: the same verification again changes nothing, and what is withdrawn is not there any more.
struct VerificationRoutes: Sendable {
    let desk: VerificationDesk

    /// Mounts and describes `/v1/operations/verified-owners…`.
    func mount(in routes: inout APIRoutes) {
        routes.on(Self.list, use: list)
        routes.on(Self.show, use: show)
        routes.on(Self.verify, use: verify)
        routes.on(Self.withdraw, use: withdraw)
    }

    private func list(_ request: Request, _ context: IdentifiedContext) async throws -> Page<VerificationAnswer> {
        let page = try PageRequest<String>(request)
        let found = try await desk.page(after: page.after, limit: page.limit + 1)
        return try Page(found.map(VerificationAnswer.init), for: page, key: \.owner)
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let history = try await desk.history(of: try context.pathText("owner"))
        guard !history.isEmpty else { throw Problem.notFound("Nobody has verified an owner of this name.") }
        return try context.responseEncoder.encode(
            VerificationHistoryAnswer(items: history.map(VerificationAnswer.init)), from: request, context: context)
    }

    private func verify(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let owner = try context.pathText("owner")
        let order = try await request.readJSON(VerificationRequest.self, in: context).value.checked()
        let actor = ModerationOperator(context.identity)
        let outcome = try await answering { try await desk.verify(owner, order, by: actor) }
        if !outcome.isReplay { log("verify", owner, by: actor, in: context) }
        return try context.responseEncoder.encode(VerificationAnswer(outcome.verification), from: request, context: context)
    }

    private func withdraw(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let owner = try context.pathText("owner")
        let reason = try await request.readJSON(VerificationEndRequest.self, in: context).value.checked()
        let actor = ModerationOperator(context.identity)
        let withdrawn = try await answering { try await desk.withdraw(owner, reason: reason, by: actor) }
        log("unverify", owner, by: actor, in: context)
        return try context.responseEncoder.encode(VerificationAnswer(withdrawn), from: request, context: context)
    }

    private func log(_ act: String, _ owner: String, by actor: ModerationOperator, in context: IdentifiedContext) {
        context.logger.notice(
            "an operator acted", metadata: ["token_id": "\(actor.token.lowercased)", "act": "\(act)", "subject": "\(owner)"])
    }

    /// The desk's refusals in the words of HTTP.
    private func answering<Answer>(_ operation: () async throws -> Answer) async throws -> Answer {
        do {
            return try await operation()
        } catch let refusal as VerificationDesk.Refusal {
            throw refusal.problem
        }
    }
}

extension VerificationDesk.Refusal {
    var problem: Problem {
        switch self {
        case .unknownOwner: .notFound("There is no owner of this name.")
        case .notVerified: .notFound("The owner is not verified.")
        }
    }
}
