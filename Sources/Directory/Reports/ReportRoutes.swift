import Foundation
import Postgres
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// What anybody may do about a published agent that is not as it should be: report it, ask what became of the report, and read
/// what was removed.
struct ReportRoutes: Sendable {
    let desk: ReportDesk
    let identification: AuthenticationMiddleware
    /// Servers of our own between the client and this one.
    let trustedProxies: Int
    /// Who has opened the connection.
    let peer: @Sendable (AppContext) -> String?

    /// `/v1/agents/{owner}/{name}/reports`, `/v1/reports/{id}` and `/v1/directory/removals`, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.onOpen(Self.report, use: report)
        routes.onOpen(Self.state, use: state)
        routes.onOpen(Self.removals, use: removals)
        return routes
    }

    /// Open to anybody, and to whoever shows a token as somebody: a token that is none is refused, as everywhere.
    private func report(_ request: Request, _ context: AppContext) async throws -> Response {
        guard request.headers[.authorization] != nil || request.headers[.apiKey] != nil else { return try await take(request, context) }
        return try await identification.handle(request, context: context) { try await take($0, $1) }
    }

    private func take(_ request: Request, _ context: AppContext) async throws -> Response {
        let (wanted, _) = try await request.readJSON(ReportRequest.self, in: context)
        let submission = try wanted.checked(owner: try context.pathText("agent"), name: try context.pathText("name"))
        let network = ClientNetwork.of(forwarded: request.headers[values: .forwardedFor], peer: peer(context), proxies: trustedProxies)
        do {
            let receipt = try await desk.take(submission, by: context.identity?.workspace, from: network, logger: context.logger)
            let answer = ReportReceiptAnswer(receipt)
            var response = try context.responseEncoder.encode(answer, from: request, context: context)
            response.status = .accepted
            response.headers[.location] = answer.url
            response.headers[.cacheControl] = "no-store"
            return response
        } catch let refusal as ReportDesk.Refusal {
            throw refusal.problem
        }
    }

    private func state(_ request: Request, _ context: AppContext) async throws -> Response {
        guard let receipt = try Query(request)["receipt"] else { throw Query.fault("receipt", "Send the receipt that came with the report.") }
        guard let state = try await desk.state(of: try context.pathID(), receipt: receipt) else {
            throw Problem.notFound("There is no such report, or this is not its receipt.")
        }
        var response = try context.responseEncoder.encode(ReportStateAnswer(state), from: request, context: context)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func removals(_ request: Request, _ context: AppContext) async throws -> Page<RemovalAnswer> {
        let page = try PageRequest<UUID>(request)
        let removals = try await desk.pool.transaction(.unscoped) { transaction in
            try await RemovalStore.page(before: page.after, limit: page.limit + 1, in: transaction)
        }
        return try Page(removals.map(RemovalAnswer.init), for: page, key: \.key)
    }
}

extension ReportDesk.Refusal {
    fileprivate var problem: Problem {
        switch self {
        case .unknownAgent: .notFound("No agent is published under this owner and name.")
        case .tooMany:
            .quotaExceeded("At most \(Int(ReportDesk.most)) reports an hour are taken from one address.", retryAfter: ReportDesk.refill)
        }
    }
}

extension HTTPField.Name {
    /// Whom the proxies before this server were asked by.
    static let forwardedFor = literal("x-forwarded-for")
}
