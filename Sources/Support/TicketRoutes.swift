import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// Tickets over HTTP. A new ticket is a job and is answered 202; what is done with one that exists is done at once.
struct TicketRoutes: Sendable {
    let producer: JobProducer
    let desk: TicketDesk

    /// All routes of this feature, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.create, use: create)
        routes.on(Self.list, use: list)
        routes.on(Self.show, use: show)
        routes.on(Self.reply, use: reply)
        routes.on(Self.close, use: close)
        return routes
    }

    private func create(_ request: Request, _ context: IdentifiedContext) async throws -> AcceptedBody {
        let (wanted, body) = try await request.readJSON(TicketRequest.self, in: context)
        let workspace = context.identity.workspace
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let acceptance = try await producer.accept(
            try wanted.checked(), workspace: workspace, idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) },
            trace: TraceParent(header: context.trace.header))
        return AcceptedBody(id: acceptance.id, kind: CreateTicket.kind.name, replayed: acceptance.replayed)
    }

    private func list(_ request: Request, _ context: IdentifiedContext) async throws -> Page<TicketAnswer> {
        let page = try PageRequest<UUID>(request)
        let state = try Query(request).word("state", as: TicketState.self)
        let tickets = try await desk.list(
            context.identity.workspace, states: state.map { [$0] } ?? TicketState.allCases, before: page.after, limit: page.limit + 1)
        return try Page(tickets.map(TicketAnswer.init), for: page, key: \.key)
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let detail = try await answering { try await desk.detail(of: try context.pathID(), workspace: context.identity.workspace) }
        return try context.responseEncoder.encode(TicketDetailAnswer(detail), from: request, context: context)
    }

    private func reply(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (wanted, body) = try await request.readJSON(ReplyRequest.self, in: context)
        let (text, author) = try wanted.checked()
        let key = try IdempotencyKey.read(from: request, workspace: context.identity.workspace, body: body)
        let replied = try await answering {
            try await desk.reply(
                text, by: author, to: try context.pathID(), workspace: context.identity.workspace, user: context.identity.user,
                idempotency: key.map { Idempotency(key: $0.key, digest: $0.digest) })
        }
        var response = try context.responseEncoder.encode(ReplyAnswer(replied.reply), from: request, context: context)
        response.status = .created
        if replied.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    /// Takes no body, and the key of a repeated request has nothing to add: closing a closed ticket changes nothing.
    private func close(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let ticket = try await answering { try await desk.close(try context.pathID(), workspace: context.identity.workspace) }
        return try context.responseEncoder.encode(TicketAnswer(ticket), from: request, context: context)
    }

    /// The desk's refusals in the words of HTTP.
    private func answering<Answer>(_ operation: () async throws -> Answer) async throws -> Answer {
        do {
            return try await operation()
        } catch let refusal as TicketDesk.Refusal {
            switch refusal {
            case .notFound(let id):
                throw Problem.notFound(
                    "There is no ticket `\(id.lowercased)` here. One that was just accepted is written a moment later: `\(AcceptedBody.url(id))?wait=10s` waits for it."
                )
            case .closed:
                throw Problem.conflict("The ticket is closed and takes no replies; open another one.", name: "ticket-closed")
            }
        }
    }
}
