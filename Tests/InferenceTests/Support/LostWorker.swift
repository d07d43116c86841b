import Foundation
import Jobs
import Postgres
import Synchronization
import TestSupport

@testable import Inference

extension RunStore {
    /// The claim of a run, read before the transaction commits; nil for one that is finished.
    func claim(_ beginning: Beginning, in transaction: PostgresTransaction) async throws -> RunClaim? {
        let claim = Mutex<RunClaim?>(nil)
        try submitClaim(beginning, in: transaction) { found in claim.withLock { $0 = found } }
        try await transaction.execute("select 1")
        return claim.withLock { $0 }
    }
}

/// A worker that claimed a run, and is lost after what a test lets it do.
struct LostWorker: Sendable {
    let fixture: InferenceFixture
    let identity: RunIdentity
    let journal: RunJournal

    /// - Parameter isAnnounced: Its ingress told the log of the run.
    init(_ fixture: InferenceFixture, isAnnounced: Bool = true) async throws {
        self.fixture = fixture
        let identity = fixture.identity()
        self.identity = identity
        journal = RunJournal(
            log: fixture.log, identity: identity, epoch: 1, isOwned: { try await fixture.store.isOwned(identity, by: 1, isEnded: $0) },
            clock: ContinuousClock())
        if isAnnounced { try await fixture.log.announce(identity) }
        try await claim()
    }

    /// Another worker claims the run, and is lost, too.
    func claim() async throws {
        let beginning = RunStore.Beginning(identity: identity, provider: "played", model: "test-model", metadata: [:])
        _ = try await fixture.pool.transaction(.workspaces([identity.workspace])) { try await fixture.store.claim(beginning, in: $0) }
    }

    /// The head of a run that may be gone on with.
    static func started(_ policy: InterruptionPolicy? = .continue, provider: String = "played") -> RunEvent {
        .runStarted(RunStarted(run: "r", attempt: 1, provider: provider, model: "test-model", onInterruption: policy))
    }

    /// A step that calls tools, as its events tell it.
    static func step(_ number: Int, calling calls: ToolCall..., saying text: String? = nil) -> [RunEvent] {
        var events: [RunEvent] = [.stepStarted(step: number)]
        if let text { events.append(.chunk(StreamChunk(.text, text))) }
        for call in calls { events.append(.toolCall(call)) }
        events.append(.usage(TokenUsage(input: 10, output: 2)))
        events.append(.stepFinished(StepFinished(step: number, finish: FinishReason(.toolCalls, raw: "tool_calls"))))
        return events
    }

    /// Writes the head and then these events; returns what the log has.
    @discardableResult
    func tell(_ events: [RunEvent], policy: InterruptionPolicy? = .continue, anchor: RunAnchor? = nil) async throws -> [RunLogEntry] {
        try await journal.append([Self.started(policy)] + events, anchor: anchor)
        return try await fixture.log.readAll(identity.run)
    }

    /// The step's calls of the client are written down as waited for.
    func wait(for calls: ToolCall..., step: Int, until: Date) async throws {
        try await fixture.pool.transaction(.workspaces([identity.workspace])) { transaction in
            for call in calls { fixture.store.submitWait(for: call, step: step, of: identity, until: until, in: transaction) }
        }
    }

    /// Its job has died of it.
    ///
    /// - Parameter request: Nil for one that no release can read.
    func giveUp(_ request: RunRequest?) async throws {
        try await fixture.buryJob(of: identity.run, asking: request)
    }

    /// Its job comes to a worker that lives.
    func passOn(to engine: Engine, _ request: RunRequest) async throws {
        _ = try await engine.producer.accept(request, workspace: fixture.workspace, id: identity.run)
    }
}
