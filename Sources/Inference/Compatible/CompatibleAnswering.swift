import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import ServiceLifecycle
import Web

/// Answers requests of other APIs from a run's events, as a stream or as a whole.
struct CompatibleAnswering: Sendable {
    let runs: RunRoutes

    /// What one answer is about.
    struct Subject: Sendable {
        var run: UUID
        var hold: IdentityHold
        var policy: DisconnectPolicy
        /// The request had an Idempotency-Key.
        var isKeyed: Bool
        var headers: HTTPFields

        /// Somebody has to hear at once that the client has left.
        var watchesClient: Bool { policy == .cancel }
        var identity: Identity { hold.identity }
    }

    // MARK: Streams

    /// Tells the answer as it comes.
    ///
    /// The head waits for the first words, so that a run that fails before them is answered by a status and no stream; after the hub's
    /// silence (``Inference/Configuration/silence``) it is sent all the same, and heartbeats follow.
    ///
    /// - Parameter failsEarly: Such a run is thrown as a problem; else the stream tells it.
    func stream(
        _ feed: CompatibleFeed, _ encoder: some AnswerEncoder, _ subject: Subject, failsEarly: Bool, request: Request, context: IdentifiedContext
    ) async throws -> Response {
        var encoder = encoder
        let (feed, opening) = try await opened(feed, subject, context)
        if failsEarly, let fault = Self.fault(beforeOutput: opening) { throw fault.problem(isKeyed: subject.isKeyed) }
        let first = encoder.frames(for: opening)
        var response = body(feed, encoder, first, subject).response(from: request, context: context)
        for field in subject.headers { response.headers.append(field) }
        return response
    }

    /// The feed behind the first words, and these.
    private func opened(
        _ feed: CompatibleFeed, _ subject: Subject, _ context: IdentifiedContext
    ) async throws -> (feed: CompatibleFeed, opening: [RunEvent]) {
        let wait: @Sendable () async throws -> (feed: CompatibleFeed, opening: [RunEvent]) = {
            try await subject.hold.whileGood {
                var feed = feed
                let opening = try await feed.opening()
                return (feed: feed, opening: opening)
            }
        }
        do {
            return try await (subject.watchesClient ? context.whileClientStays(wait) : wait())
        } catch let error where error is CancellationError || error is IdentityEnded {
            // Whoever is shown out has left.
            await runs.left(subject.run, subject.policy, subject.identity)
            throw error
        }
    }

    private func body<Encoder: AnswerEncoder>(
        _ feed: CompatibleFeed, _ encoder: Encoder, _ first: [SSEFrame], _ subject: Subject
    ) -> SSEResponse {
        SSEResponse(heartbeatFrame: Encoder.heartbeat, watchesClient: subject.watchesClient, isResumable: false) { writer in
            var (feed, encoder) = (feed, encoder)
            do {
                try await writer.send(first.isEmpty ? [Encoder.heartbeat] : first)
                while true {
                    switch try await feed.next() {
                    case .events(let events): try await writer.send(encoder.frames(for: events))
                    case .quiet: continue
                    case .over: return
                    }
                }
            } catch let error as CancellationError {
                await runs.left(subject.run, subject.policy, subject.identity)
                throw error
            }
        }
    }

    /// The fault of a run that ended before it said anything.
    static func fault(beforeOutput events: [RunEvent]) -> AnswerFault? {
        guard !events.contains(where: \.isModelOutput) else { return nil }
        var answer = AnswerParts()
        for event in events { _ = answer.add(event) }
        return answer.ending?.fault
    }

    // MARK: Whole answers

    /// Waits for the answer's end. Where leaving cancels the run, the connection is watched meanwhile and ends with the answer.
    ///
    /// - Throws: A problem for a run that has no whole answer; `IdentityEnded`.
    func whole(_ feed: CompatibleFeed, _ subject: Subject, request: Request) async throws -> AnswerParts {
        let wait: @Sendable () async throws -> AnswerParts = {
            let answer: AnswerParts
            do {
                // A server that stops does not wait for a model: whoever repeats the request under its key finds the run.
                answer = try await cancelWhenGracefulShutdown { try await Self.collect(feed) }
            } catch let error as CancellationError {
                await runs.left(subject.run, subject.policy, subject.identity)
                throw error
            }
            if let fault = answer.ending?.fault { throw fault.problem(isKeyed: subject.isKeyed) }
            return answer
        }
        let guarded: @Sendable () async throws -> AnswerParts = { try await subject.hold.whileGood(wait) }
        return try await (subject.watchesClient ? request.whileClientWaits(guarded) : guarded())
    }

    private static func collect(_ feed: CompatibleFeed) async throws -> AnswerParts {
        var feed = feed
        var answer = AnswerParts()
        while true {
            switch try await feed.next() {
            case .events(let events): for event in events { _ = answer.add(event) }
            case .quiet: continue
            case .over:
                // An end of a kind that this version does not know is no whole answer.
                if answer.ending == nil { _ = answer.add(.failed(CompatibleFeed.lost)) }
                return answer
            }
        }
    }

    /// A run as far as it has come.
    struct Snapshot: Sendable {
        var answer: AnswerParts
        /// What it was asked for, of a run of which no event is told.
        var asked: RunAsked?
    }

    /// Nil for a run that does not exist or is another workspace's.
    ///
    /// Of a run that goes on while its log has lost its beginning, only that it goes on and who answers is told: what is left of the output
    /// begins anywhere, and its parts would have other places than in the whole, which is told when the run is over.
    func snapshot(of run: UUID, workspace: UUID) async throws -> Snapshot? {
        guard let situation = try await runs.reader.situation(of: run, workspace: workspace) else { return nil }
        var answer = AnswerParts()
        if let all = try await runs.reader.ending(of: run, workspace: workspace) {
            if let first = all.first, first.id.number != 1 { _ = answer.add(.failed(CompatibleFeed.lost)) }
            try answer.add(all)
            return Snapshot(answer: answer)
        }
        // A log that is away is one that has nothing of the run: its end is in PostgreSQL.
        let entries = (try? await runs.log.readAll(run)) ?? []
        if entries.first?.id.number == 1 { try answer.add(entries) }
        guard !answer.isBegun else { return Snapshot(answer: answer) }
        let asked = try await runs.reader.knownToLog(run, workspace: workspace)?.asked
        if case .begun(let row) = situation {
            let started = RunStarted(
                run: run.lowercased, attempt: row.attempts, provider: row.provider, model: row.model, agent: row.agent,
                previous: asked?.previous?.lowercased)
            _ = answer.add(.runStarted(started))
        }
        return Snapshot(answer: answer, asked: asked)
    }
}

extension AnswerParts {
    /// Takes what a log or an archive holds; events of a kind that this version does not know are passed over.
    fileprivate mutating func add(_ entries: [RunLogEntry]) throws {
        for entry in entries { if let event = try RunEvent(payload: entry.payload) { _ = add(event) } }
    }
}
