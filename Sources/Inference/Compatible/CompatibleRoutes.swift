import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// The endpoints of other APIs: each makes a run as `POST /v1/runs` does and tells its events in that API's words.
struct CompatibleRoutes: Sendable {
    private let runs: RunRoutes
    private let answering: CompatibleAnswering
    private let models: CompatibleModels
    private let conversation: ResponseConversation

    init(runs: RunRoutes) {
        self.runs = runs
        answering = CompatibleAnswering(runs: runs)
        models = CompatibleModels(directory: runs.directory, agents: runs.agents)
        conversation = ResponseConversation(reader: runs.reader)
    }

    /// Mounts and describes all routes, and has their problems told as those APIs do.
    func add(to routes: inout APIRoutes) {
        routes.on(Self.chat) { try await create(ChatShape.self, $0, $1) }
        routes.on(Self.messages) { try await create(MessagesShape.self, $0, $1) }
        routes.on(Self.responses) { try await create(ResponsesShape.self, $0, $1) }
        routes.on(Self.response, use: response)
        routes.on(Self.cancelling, use: cancel)
        routes.on(Self.modelList, use: listModels)
        routes.on(Self.model, use: showModel)
        routes.on(Self.modelOfTwoWords, use: showModel)
        routes.problemFormats += CompatibleProblems.formats
    }

    // MARK: Runs

    private func create<Shape: CompatibleShape>(_ shape: Shape.Type, _ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let policy = try DisconnectPolicy(request)
        let (document, body) = try await request.readDocument(in: context)
        var wanted = try Shape.decode(document)
        wanted.run.onInterruption = try InterruptionPolicy.asked(by: request)
        // Now, for what an earlier conversation puts before the messages would move their places.
        try wanted.check()
        let workspace = context.identity.workspace
        try await models.resolve(&wanted, workspace: workspace)
        try await conversation.extend(&wanted, workspace: workspace)
        wanted.asked = runs.asked(wanted.run)
        let acceptance = try await runs.accept(wanted.run, body: body, request, context)
        let subject = subject(acceptance.id, wanted.isBackground ? .continue : policy, request, context, isReplay: acceptance.replayed)

        if wanted.isBackground, !wanted.streams {
            let snapshot = acceptance.replayed ? try await answering.snapshot(of: acceptance.id, workspace: workspace) : nil
            return Self.answer(Shape.whole(snapshot?.answer ?? AnswerParts(), run: acceptance.id, for: wanted), headers: subject.headers)
        }
        let feed = try await feed(acceptance, workspace)
        if wanted.streams {
            return try await answering.stream(
                feed, Shape.encoder(run: acceptance.id, for: wanted), subject, failsEarly: !wanted.isBackground, request: request, context: context)
        }
        let answer = try await answering.whole(feed, subject, request: request)
        var headers = subject.headers
        if subject.watchesClient { headers[.connection] = "close" }
        return Self.answer(Shape.whole(answer, run: acceptance.id, for: wanted), headers: headers)
    }

    /// A repeated request gets its run from the beginning, be it over.
    private func feed(_ acceptance: Acceptance, _ workspace: UUID) async throws -> CompatibleFeed {
        if acceptance.replayed,
            let feed = try await CompatibleFeed(opening: acceptance.id, workspace: workspace, hub: runs.hub, reader: runs.reader)
        {
            return feed
        }
        return CompatibleFeed(following: acceptance.id, workspace: workspace, hub: runs.hub, reader: runs.reader)
    }

    private func subject(
        _ run: UUID, _ policy: DisconnectPolicy, _ request: Request, _ context: IdentifiedContext, isReplay: Bool = false
    ) -> CompatibleAnswering.Subject {
        var headers: HTTPFields = [.run: run.lowercased, .anthropicRequestID: context.id]
        if isReplay { headers[.idempotencyReplayed] = "true" }
        return CompatibleAnswering.Subject(
            run: run, hold: context.hold, policy: policy, isKeyed: request.headers[.idempotencyKey] != nil, headers: headers)
    }

    private static func answer(_ document: JSONValue, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: document.bytes())))
    }

    // MARK: Responses

    private func response(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (run, workspace) = (try Self.responseID(context), context.identity.workspace)
        let query = try Query(request)
        let after = try query.integer("starting_after", in: 0...Int(Int32.max))
        guard try query.flag("stream") == true else {
            guard let snapshot = try await answering.snapshot(of: run, workspace: workspace) else { throw Self.unknown(run) }
            return Self.answer(snapshot, of: run)
        }
        guard let feed = try await CompatibleFeed(opening: run, workspace: workspace, hub: runs.hub, reader: runs.reader) else {
            throw Self.unknown(run)
        }
        // Whoever comes back to a response does not own its run: leaving again cancels nothing.
        return try await answering.stream(
            feed, ResponsesStreamEncoder(run: run, after: after ?? -1), subject(run, .continue, request, context), failsEarly: false,
            request: request, context: context)
    }

    private func cancel(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        _ = try await request.readAction(in: context)
        let (run, workspace) = (try Self.responseID(context), context.identity.workspace)
        guard var snapshot = try await answering.snapshot(of: run, workspace: workspace) else { throw Self.unknown(run) }
        if snapshot.answer.ending == nil {
            try await runs.requestEnd(of: run, by: context.identity)
            // The provider hears of it within a second; the answer says what became of the run, if that is known by then.
            for _ in 0..<Self.looks where snapshot.answer.ending == nil {
                try await Task.sleep(for: Self.lookPause)
                snapshot = try await answering.snapshot(of: run, workspace: workspace) ?? snapshot
            }
        }
        return Self.answer(snapshot, of: run)
    }

    private static func answer(_ snapshot: CompatibleAnswering.Snapshot, of run: UUID) -> Response {
        answer(ResponsesShape.response(snapshot.answer, run: run, asked: snapshot.asked), headers: [.run: run.lowercased])
    }

    private static let looks = 20
    private static let lookPause = Duration.milliseconds(100)

    private static func responseID(_ context: IdentifiedContext) throws -> UUID {
        let text = try context.pathText("id")
        guard let run = ResponsesShape.run(text) else { throw Problem.notFound("There is no response with this id here.") }
        return run
    }

    private static func unknown(_ run: UUID) -> Problem { .notFound("There is no response `\(ResponsesShape.id(run))` here.") }

    // MARK: Models

    private func listModels(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let names = try await models.all(workspace: context.identity.workspace)
        return Self.answer(CompatibleModels.list(names, for: request))
    }

    private func showModel(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        var model = try context.pathText("model")
        if context.parameters.get("name") != nil { model += "/" + (try context.pathText("name")) }
        guard try await models.isKnown(model, workspace: context.identity.workspace) else { throw CompatibleModels.unknown(model) }
        return Self.answer(CompatibleModels.entry(model, for: request))
    }
}
