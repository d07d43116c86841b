import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// `/v1/operations…`: what concerns the whole installation. What looks is for tokens with the scope `operations:read`, what changes
/// something for those with `operations:write`, the access log for those with `audit:read`.
///
/// What it changes takes no Idempotency-Key: a queue is paused or it is not, and a letter that was replayed is not open any
/// more, so that a repeated request finds nothing to do and says so.
struct OperationsRoutes: Sendable {
    let desk: OperatorDesk
    let standing: OperatorGate.Standing
    var clock: any Clock<Duration> = ContinuousClock()

    /// All routes of this feature, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.overview, use: overview)
        routes.on(Self.overviewEvents, use: overviewEvents)
        routes.on(Self.queue, use: queue)
        routes.on(Self.pause, use: pause)
        routes.on(Self.resume, use: resume)
        routes.on(Self.jobs, use: jobs)
        routes.on(Self.job, use: job)
        routes.on(Self.cancel, use: cancel)
        routes.on(Self.deadLetters, use: deadLetters)
        routes.on(Self.deadLetter, use: deadLetter)
        routes.on(Self.replay, use: replay)
        routes.on(Self.discard, use: discard)
        routes.on(Self.replayMany, use: replayMany)
        routes.on(Self.accessLog, use: accessLog)
        return routes
    }

    // MARK: The fleet

    private func overview(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        try context.responseEncoder.encode(try await desk.feed.overview(), from: request, context: context)
    }

    /// An overview a second, until the token is revoked. While none can be made the stream says so and goes on: nobody must take an
    /// old one for a new one.
    private func overviewEvents(_ request: Request, _ context: IdentifiedContext) async throws -> SSEResponse {
        let (feed, pace, identity, check) = (desk.feed, clock, context.identity, standing)
        return SSEResponse { writer in
            while let frame = await Self.frame(of: feed, for: identity, check) {
                try await writer.send(frame)
                try await pace.sleep(for: .seconds(1))
            }
        }
    }

    /// Nil once the token is good no longer.
    private static func frame(of feed: OverviewFeed, for identity: Identity, _ standing: OperatorGate.Standing) async -> SSEFrame? {
        do {
            guard let found = try await standing(identity.tokenID, identity.workspace), found.scopes.contains(Scope.operationsRead.rawValue) else {
                return nil
            }
            let json = try WireCoding.encoder.encode(try await feed.overview())
            return SSEFrame(event: "overview", data: String(decoding: json, as: UTF8.self))
        } catch {
            return SSEFrame(event: "unknown", data: #"{"detail":"A store does not answer."}"#)
        }
    }

    private static func note(_ act: String, _ subject: String, _ context: IdentifiedContext) {
        context.logger.notice(
            "an operator acted", metadata: ["token_id": "\(context.identity.tokenID.lowercased)", "act": "\(act)", "subject": "\(subject)"])
    }

    // MARK: Queues

    private func queue(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        try context.responseEncoder.encode(try await desk.signals(of: try context.pathText("queue")), from: request, context: context)
    }

    private func pause(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let queue = try context.pathText("queue")
        let body = try await request.readBody(in: context)
        let reason = body.isEmpty ? nil : try JSONBody.decode(PauseRequest.self, from: body).checked()
        let changed = try await desk.pause(queue, reason: reason, by: context.identity.actor)
        Self.note("pause", queue, context)
        return try context.responseEncoder.encode(PauseBody(queue: queue, paused: true, changed: changed), from: request, context: context)
    }

    private func resume(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let queue = try context.pathText("queue")
        _ = try await request.readAction(in: context)
        let changed = try await desk.resume(queue, by: context.identity.actor)
        Self.note("resume", queue, context)
        return try context.responseEncoder.encode(PauseBody(queue: queue, paused: false, changed: changed), from: request, context: context)
    }

    // MARK: Jobs

    private func jobs(_ request: Request, _ context: IdentifiedContext) async throws -> Page<JobLineBody> {
        let page = try PageRequest<JobCursor>(request)
        let query = try Query(request)
        let filter = try await desk.filters.jobs(FilterWords(FilterWords.jobs) { query[$0] })
        let found = try await desk.jobs(filter, after: page.after, limit: page.limit)
        return Page(items: found.lines.map { JobLineBody($0) }, nextCursor: try found.next.map { try Cursor.encode($0) })
    }

    private func job(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let name = try await desk.name(of: try context.pathID(), workspace: try Query(request)["workspace"])
        let found = try await desk.account(of: name)
        return try context.responseEncoder.encode(JobAccountBody(found.account, running: found.running), from: request, context: context)
    }

    private func cancel(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let id = try context.pathID()
        let workspace = try Query(request)["workspace"]
        _ = try await request.readAction(in: context)
        let name = try await desk.name(of: id, workspace: workspace)
        let state = try await desk.cancel(name, by: context.identity.actor)
        Self.note("cancel", name.id.lowercased, context)
        let found = try await desk.account(of: name)
        var response = try context.responseEncoder.encode(
            JobAccountBody(found.account, running: found.running), from: request, context: context)
        response.status = state.isFinal ? .ok : .accepted
        return response
    }
}
