import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// What a workspace is told of its agents: decisions about them, with appeals, and notices to its forks.
struct ModerationRoutes: Sendable {
    let desk: AppealDesk
    private let underWay = KeysUnderWay()

    init(desk: AppealDesk) {
        self.desk = desk
    }

    /// `/v1/agents/{agent}/moderation`, `/v1/agents/{agent}/appeals` and `/v1/notices…`, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.moderation, use: moderation)
        routes.on(Self.appeal, use: appeal)
        routes.on(Self.notices, use: notices)
        routes.on(Self.read, use: read)
        return routes
    }

    private func moderation(_ request: Request, _ context: IdentifiedContext) async throws -> Page<StatementAnswer> {
        let page = try PageRequest<UUID>(request)
        let statements = try await answering {
            try await desk.statements(
                of: try context.pathID("agent"), workspace: context.identity.workspace, before: page.after, limit: page.limit + 1)
        }
        return try Page(statements.map(StatementAnswer.init), for: page, key: \.key)
    }

    private func appeal(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (wanted, body) = try await request.readJSON(AppealRequest.self, in: context)
        let (text, agent, workspace) = (try wanted.checked(), try context.pathID("agent"), context.identity.workspace)
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        let appealed = try await answering {
            try await underWay.alone(idempotency, workspace: workspace) {
                try await desk.appeal(text, about: agent, workspace: workspace, idempotency: idempotency)
            }
        }
        var response = try context.responseEncoder.encode(AppealAnswer(appealed.appeal), from: request, context: context)
        response.status = .created
        if appealed.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private func notices(_ request: Request, _ context: IdentifiedContext) async throws -> Page<NoticeAnswer> {
        let page = try PageRequest<UUID>(request)
        let state = try Query(request).word("state", as: AgentNotice.State.self)
        let notices = try await desk.notices(of: context.identity.workspace, state: state, before: page.after, limit: page.limit + 1)
        return try Page(notices.map(NoticeAnswer.init), for: page, key: \.key)
    }

    private func read(_ request: Request, _ context: IdentifiedContext) async throws -> HTTPResponse.Status {
        let id = try context.pathID()
        _ = try await request.readAction(in: context)
        try await answering { try await desk.markRead(id, workspace: context.identity.workspace) }
        return .noContent
    }

    /// The desk's refusals in the words of HTTP.
    private func answering<Answer>(_ operation: () async throws -> Answer) async throws -> Answer {
        do {
            return try await operation()
        } catch let refusal as AppealDesk.Refusal {
            throw refusal.problem
        }
    }
}

extension AppealDesk.Refusal {
    var problem: Problem {
        switch self {
        case .unknownAgent: .notFound("No agent of this workspace has this id.")
        case .unknownNotice: .notFound("The workspace has no such notice.")
        case .nothingDecided: .conflict("Nothing holds against this agent that one could appeal against.", name: "nothing-to-appeal")
        case .pending: .conflict("An appeal about this agent waits for its decision.", name: "appeal-open")
        case .appealed: .conflict("The decision was appealed against before, and that was decided.", name: "appeal-decided")
        case .late: .conflict("The \(ModerationStatement.appealDays) days in which to appeal are over.", name: "appeal-too-late")
        }
    }
}
