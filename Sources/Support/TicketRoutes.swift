import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// Tickets over HTTP. A new ticket is a job and is answered 202; what is done with one that exists is done at once.
struct TicketRoutes: Sendable {
    let producer: JobProducer
    let desk: TicketDesk
    private let underWay = KeysUnderWay()

    init(producer: JobProducer, desk: TicketDesk) {
        self.producer = producer
        self.desk = desk
    }

    /// All routes of this feature, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.create, use: create)
        routes.onFastPath(Self.create, begin: begin)
        routes.on(Self.list, use: list)
        routes.on(Self.show, use: show)
        routes.on(Self.reply, use: reply)
        routes.on(Self.close, use: close)
        return routes
    }

    private func create(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        if request.isNDJSON { return try createLines(request, context).response(from: request, context: context) }
        let (wanted, body) = try await request.readJSON(
            TicketRequest.self, in: context, quickly: { FlatJSON.read($0, TicketRequest.read) })
        let acceptance = try await producer.accept(
            try wanted.checked(), workspace: context.identity.workspace, idempotency: try Self.idempotency(request, context, body),
            trace: TraceParent(header: context.trace.header))
        let accepted = AcceptedBody(
            id: acceptance.id, kind: CreateTicket.kind.name, state: acceptance.state.rawValue, replayed: acceptance.replayed)
        return accepted.response(from: request, context: context)
    }

    /// The same for a ticket of the plain form, without a key.
    private func begin(_ request: FastRequest, _ answer: @escaping FastRoute.Answer) -> Bool {
        guard let wanted = request.readJSON({ FlatJSON.read($0, TicketRequest.read) }), let ticket = try? wanted.checked() else { return false }
        return producer.begin(ticket, workspace: request.identity.workspace, trace: TraceParent(header: request.trace.header)) { accepted in
            answer(accepted.map { AcceptedBody(id: $0.id, kind: CreateTicket.kind.name, state: $0.state.rawValue) })
        }
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
        let idempotency = try Self.idempotency(request, context, body)
        let id = try context.pathID()
        let replied = try await answering {
            try await underWay.alone(idempotency, workspace: context.identity.workspace) {
                try await desk.reply(
                    text, by: author, to: id, workspace: context.identity.workspace, user: context.identity.user, idempotency: idempotency)
            }
        }
        var response = try context.responseEncoder.encode(ReplyAnswer(replied.reply), from: request, context: context)
        response.status = .created
        if replied.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private func close(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let body = try await request.readAction(in: context)
        let idempotency = try Self.idempotency(request, context, body)
        let id = try context.pathID()
        let closed = try await answering {
            try await underWay.alone(idempotency, workspace: context.identity.workspace) {
                try await desk.close(id, workspace: context.identity.workspace, idempotency: idempotency)
            }
        }
        var response = try context.responseEncoder.encode(TicketAnswer(closed.ticket), from: request, context: context)
        if closed.isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private static func idempotency(_ request: Request, _ context: IdentifiedContext, _ body: [UInt8]) throws -> Idempotency? {
        try IdempotencyKey.read(from: request, workspace: context.identity.workspace, body: body).map {
            Idempotency(key: $0.key, digest: $0.digest)
        }
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
