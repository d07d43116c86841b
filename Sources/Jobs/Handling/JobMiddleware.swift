public import Foundation

/// Jobs of one kind that a handler is given together, as far as a middleware may know them: a batch, one effect or one run.
public struct JobUnit: Sendable {
    /// By which protocol the handler takes them.
    public enum Shape: String, Sendable, Hashable, CaseIterable {
        case batch
        case effect
        case run
    }

    /// One job of a unit.
    public struct Member: Sendable, Hashable {
        public let id: UUID
        public let workspace: UUID
        /// 1 for the first attempt.
        public let attempt: Int
        public let trace: TraceParent?

        public init(id: UUID, workspace: UUID, attempt: Int = 1, trace: TraceParent? = nil) {
            self.id = id
            self.workspace = workspace
            self.attempt = attempt
            self.trace = trace
        }

        init(_ envelope: Envelope) {
            self.init(id: envelope.id, workspace: envelope.workspace, attempt: envelope.attempt, trace: envelope.trace)
        }
    }

    /// Taken apart only when somebody asks: most units pass through without.
    private enum Content: Sendable {
        case entries([Entry])
        case members([Member])
    }

    public let kind: JobKind
    public let shape: Shape
    private let content: Content

    /// A unit of its own, for tests of a middleware.
    public init(kind: JobKind, shape: Shape, jobs: [Member]) {
        self.kind = kind
        self.shape = shape
        self.content = .members(jobs)
    }

    init(kind: JobKind, shape: Shape, entries: [Entry]) {
        self.kind = kind
        self.shape = shape
        self.content = .entries(entries)
    }

    /// At least one.
    public var count: Int {
        switch content {
        case .entries(let entries): entries.count
        case .members(let members): members.count
        }
    }

    /// In the handler's order. Made anew by every call.
    public var jobs: [Member] {
        switch content {
        case .entries(let entries): entries.map { Member($0.envelope) }
        case .members(let members): members
        }
    }

    /// The trace that all of its jobs belong to; nil where there are several or none.
    public var trace: TraceParent? {
        switch content {
        case .entries(let entries): Self.common(entries.lazy.map(\.envelope.trace))
        case .members(let members): Self.common(members.lazy.map(\.trace))
        }
    }

    private static func common(_ traces: some Collection<TraceParent?>) -> TraceParent? {
        guard let first = traces.first, let trace = first else { return nil }
        let id = trace.traceID
        return traces.dropFirst().allSatisfy { $0?.traceID == id } ? trace : nil
    }
}

/// Something that is done around every handler: a log line, a measure, a limit.
///
/// Give it to ``HandlerRegistry/use(_:)``. The first that is used is the outermost. It stands around the handler alone: decoding,
/// the commit and the acknowledgement are the engine's. So of a ``BatchHandler`` that only submits its statements it sees no more
/// than that: they run with the commit.
///
/// What it throws, and what it lets through of the handler's errors, is the unit's failure and is settled like any other: the
/// transaction is rolled back, a batch is split, a job is tried again. A unit of several jobs that fails comes again in parts.
public protocol JobMiddleware: Sendable {
    /// Calls `next` exactly once and returns what it returned, or throws.
    ///
    /// The result's type is not known here, so that nobody can claim work that no handler did.
    func handle<R: Sendable>(_ unit: JobUnit, next: @escaping @Sendable () async throws -> R) async throws -> R
}

/// Middleware in the order of its use, around one handler's call.
struct MiddlewareChain: Sendable {
    private let all: [any JobMiddleware]

    /// Nil for none: then nothing is wrapped, and a job costs what it cost before.
    init?(_ all: [any JobMiddleware]) {
        guard !all.isEmpty else { return nil }
        self.all = all
    }

    func run<R: Sendable>(_ unit: JobUnit, _ handler: @escaping @Sendable () async throws -> R) async throws -> R {
        try await step(0, unit, handler)
    }

    private func step<R: Sendable>(_ index: Int, _ unit: JobUnit, _ handler: @escaping @Sendable () async throws -> R) async throws -> R {
        guard index < all.count else { return try await handler() }
        return try await all[index].handle(unit) { try await step(index + 1, unit, handler) }
    }
}
