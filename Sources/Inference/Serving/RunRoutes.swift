import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// Runs over HTTP. A new run is a job and is answered 202; its events are followed at its own place.
struct RunRoutes: Sendable {
    let producer: JobProducer
    let directory: ProviderDirectory
    let agents: any AgentLookup
    let store: RunStore
    let log: RunLog
    let hub: RunEventHub
    let reader: RunReader
    let setup: InferenceSetup?
    let underWay = KeysUnderWay()

    init(
        producer: JobProducer, directory: ProviderDirectory, agents: any AgentLookup, store: RunStore, log: RunLog, hub: RunEventHub,
        reader: RunReader, setup: InferenceSetup?
    ) {
        self.producer = producer
        self.directory = directory
        self.agents = agents
        self.store = store
        self.log = log
        self.hub = hub
        self.reader = reader
        self.setup = setup
    }

    /// A run is accepted whether its log hears of it in time or not: its worker tells the log too.
    static let announcePatience = Duration.milliseconds(500)

    /// All routes of this feature, mounted and described.
    var routes: APIRoutes {
        var routes = APIRoutes()
        routes.on(Self.create, use: create)
        routes.on(Self.show, use: show)
        routes.on(Self.events, use: events)
        routes.on(Self.cancel, use: cancel)
        routes.on(Self.toolResults, use: postResults)
        return routes
    }

    private func create(_ request: Request, _ context: IdentifiedContext) async throws -> RunAcceptedAnswer {
        let (asked, body) = try await request.readJSON(RunRequest.self, in: context)
        var wanted = asked
        wanted.turn = nil
        wanted.returnsCalls = nil
        return RunAcceptedAnswer(try await accept(wanted, body: body, request, context))
    }

    /// Accepts a run: the one way in, whatever shape the request had.
    ///
    /// - Parameter body: The request's bytes, which an Idempotency-Key is bound to.
    /// - Throws: 422 with every fault that can be told before the run begins; what acceptance throws.
    func accept(_ wanted: RunRequest, body: [UInt8], _ request: Request, _ context: IdentifiedContext) async throws -> Acceptance {
        let workspace = context.identity.workspace
        try await check(wanted, workspace: workspace)
        if wanted.memory == true {
            try context.identity.require(Scope.memoriesRead.rawValue)
            try context.identity.require(Scope.memoriesWrite.rawValue)
        }
        var wanted = wanted
        wanted.token = context.identity.tokenID
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body).map { Idempotency(key: $0.key, digest: $0.digest) }
        let trace = TraceParent(header: context.trace.header)
        let acceptance: Acceptance
        do {
            try await setup?.budgets.admit(workspace: workspace, token: context.identity.tokenID)
            acceptance = try await producer.accept(wanted, workspace: workspace, idempotency: key, trace: trace)
        } catch let refusal as Problem where refusal.status == .tooManyRequests && key != nil {
            // A run that was accepted under the key is told all the same: it is paid for.
            do {
                acceptance = try await producer.accept(wanted, workspace: workspace, idempotency: key, repeatOnly: true, trace: trace)
            } catch let error as JobError where error.code == .backlogFull {
                throw refusal
            }
        }
        if !acceptance.replayed {
            log.metrics.runs.accepted()
            let identity = RunIdentity(run: acceptance.id, workspace: workspace, acceptedAt: Int64(Date().timeIntervalSince1970 * 1_000))
            do {
                try await log.announce(identity, asked: asked(wanted), timeout: Self.announcePatience)
            } catch {
                context.logger.warning(
                    "the run log does not know of a run yet", metadata: ["run": "\(acceptance.id.lowercased)", "error": "\(error)"])
            }
        }
        return acceptance
    }

    /// What the run is shown as until its first event says it: a model as its provider will be asked for it, an agent as the request names it.
    func asked(_ wanted: RunRequest) -> RunAsked? {
        guard let answering = wanted.agent ?? directory.choose(model: wanted.model)?.model else { return nil }
        return RunAsked(answering: answering, previous: wanted.turn?.previous)
    }

    /// - Throws: 422 with every fault that can be told before the run begins.
    private func check(_ wanted: RunRequest, workspace: UUID) async throws {
        var faults = wanted.faults.map { FieldFault(.pointer("#\($0.pointer)"), "It \($0.detail).") }
        if let model = wanted.model, !model.isEmpty, directory.choose(model: model) == nil {
            faults.append(
                FieldFault(
                    .pointer("#/model"), "No provider answers this model. There are \(directory.models.prefix(20).joined(separator: ", ")).",
                    expected: "a model"))
        }
        for (index, model) in (wanted.fallback ?? []).enumerated() where !model.isEmpty && directory.choose(model: model) == nil {
            faults.append(FieldFault(.pointer("#/fallback/\(index)"), "No provider answers this model.", expected: "a model"))
        }
        if let agent = wanted.agent, !agent.isEmpty, try await agents.agent(agent, workspace: workspace) == nil {
            faults.append(
                FieldFault(.pointer("#/agent"), "There is no such agent here. Name it `owner/name`, or by the id of an agent of this workspace."))
        }
        let named = (wanted.workspaceTools ?? []).enumerated().filter { $0.element != WorkspaceTool.all }
        if !named.isEmpty {
            let offered = Set(try await setup?.tools.offered(to: workspace).map(\.name) ?? [])
            for (index, name) in named where !offered.contains(name) {
                faults.append(
                    FieldFault(.pointer("#/workspace_tools/\(index)"), "The workspace has no such tool that is enabled.", expected: "a tool"))
            }
        }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
    }

    private func show(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let id = try context.pathID()
        let workspace = context.identity.workspace
        guard let situation = try await reader.situation(of: id, workspace: workspace) else { throw Self.unknown(id) }
        var answer = RunAnswer(id: id, situation: situation)
        if answer.startedAt != nil { answer.steps = try await store.steps(of: id, workspace: workspace).map(RunStepAnswer.init) }
        return try context.responseEncoder.encode(answer, from: request, context: context)
    }

    private func events(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let asked = ContinuousClock.now
        let id = try context.pathID()
        let workspace = context.identity.workspace
        let after = try Self.cursor(of: request)
        let policy = try DisconnectPolicy(request)
        if policy == .cancel { try context.identity.require(Scope.runsWrite.rawValue) }
        guard let opening = try await reader.open(id, workspace: workspace, after: after) else { throw Self.unknown(id) }
        let stream = RunStream(hub: hub, reader: reader)
        switch opening {
        case .replay(let rest):
            // 204 tells an EventSource that has everything to stop coming back.
            guard !rest.isEmpty else { return Response(status: .noContent) }
            return SSEResponse(retry: Self.retry) { writer in
                try await stream.replay(rest, after: after, asked: asked) { try await writer.send($0) }
            }.response(from: request, context: context)
        case .live:
            let identity = context.identity
            return SSEResponse(retry: Self.retry) { writer in
                do {
                    try await stream.follow(id, workspace: workspace, after: after, asked: asked) { try await writer.send($0) }
                } catch let error as CancellationError {
                    await left(id, policy, identity)
                    throw error
                }
            }.response(from: request, context: context)
        }
    }

    private func cancel(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let body = try await request.readAction(in: context)
        let (id, workspace) = (try context.pathID(), context.identity.workspace)
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        return try await underWay.alone(idempotency, workspace: workspace) {
            guard let situation = try await reader.situation(of: id, workspace: workspace) else { throw Self.unknown(id) }
            var answer = RunAnswer(id: id, situation: situation)
            let isOver = RunState(rawValue: answer.state)?.isFinished ?? false
            // The row first: an announcement that is lost is found again, a wish that is only announced is not.
            let isReplay = try await store.requestCancellation(
                of: id, workspace: workspace, by: context.identity.user, isOver: isOver, idempotency: idempotency)
            if !isOver {
                answer.isCancelRequested = true
                await announceCancellation(of: id, context)
            }
            var response = try context.responseEncoder.encode(answer, from: request, context: context)
            response.status = isOver ? .ok : .accepted
            if isReplay { response.headers[.idempotencyReplayed] = "true" }
            return response
        }
    }

    func announceCancellation(of run: UUID, _ context: IdentifiedContext) async {
        do {
            try await log.announceCancellation(of: run, timeout: Self.announcePatience)
        } catch {
            context.logger.warning("a cancellation is not announced", metadata: ["run": "\(run.lowercased)", "error": "\(error)"])
        }
    }

    // MARK: Words of HTTP

    /// How long a client waits before it comes back: at once, for a stream that was cut has someone reading.
    private static let retry = Duration.milliseconds(500)

    /// The header is newer than the query when both are there: a browser repeats the URL with which it began.
    static func cursor(of request: Request) throws -> RunEventID? {
        if let field = request.headers[.lastEventID], !field.isEmpty {
            guard let id = RunEventID(field) else {
                let detail = "Send the id of an event of this run, such as `1-12`."
                throw Problem.badRequest(
                    "The header `Last-Event-ID` cannot be read. \(detail)", errors: [FieldFault(.header("last-event-id"), detail)])
            }
            return id
        }
        guard let text = try Query(request)["after"], !text.isEmpty else { return nil }
        guard let id = RunEventID(text) else { throw Query.fault("after", "Send the id of an event of this run, such as `1-12`.") }
        return id
    }

    static func unknown(_ id: UUID) -> Problem { .notFound("There is no run `\(id.lowercased)` here.") }
}
