public import Foundation

/// What a producer hands over and a handler receives. `kind` says how the engine treats it.
public protocol JobPayload: Codable, Sendable {
    static var kind: JobKind { get }

    /// What this job has in common with others of its workspace that must not run at once, or not too fast; nil by default.
    var key: JobKey? { get }

    /// Reads a body that an older release enqueued. The default knows only the present version. Those of later releases do not come
    /// here: they wait for a worker that knows them.
    static func upcast(_ body: [UInt8], from version: Int) throws -> Self

    /// Reads a body of the present version from its fields, instead of by the general decoder: for kinds that come by the
    /// thousand. To be offered together with ``isFlat``.
    static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> Self
    /// Writes the body that ``read(_:)`` reads, instead of by the general encoder. By default it is left to that one.
    func write(to fields: inout FlatJSONWriter)
    /// Whether ``read(_:)`` and ``write(to:)`` are worth trying; false by default.
    static var isFlat: Bool { get }
}

extension JobPayload {
    public var key: JobKey? { nil }

    public static func upcast(_ body: [UInt8], from version: Int) throws -> Self {
        throw PermanentJobError(
            "version \(version) of \(kind.name) cannot be read by this release, which knows \(kind.version)", code: "unknown_version")
    }

    public static func read(_ fields: FlatJSON) throws(FlatJSON.Unusual) -> Self { throw FlatJSON.Unusual() }
    public func write(to fields: inout FlatJSONWriter) { fields.refuse() }
    public static var isFlat: Bool { false }
}

/// One job in a handler's hands.
public struct Job<Payload: JobPayload>: Sendable {
    public let id: UUID
    public let workspace: UUID
    /// 1 for the first attempt.
    public let attempt: Int
    public let acceptedAt: Date
    public let trace: TraceParent?
    public let payload: Payload

    public init(id: UUID, workspace: UUID, attempt: Int = 1, acceptedAt: Date, trace: TraceParent? = nil, payload: Payload) {
        self.id = id
        self.workspace = workspace
        self.attempt = attempt
        self.acceptedAt = acceptedAt
        self.trace = trace
        self.payload = payload
    }

    init(_ envelope: Envelope, payload: Payload) {
        self.init(
            id: envelope.id, workspace: envelope.workspace, attempt: envelope.attempt,
            acceptedAt: Date(timeIntervalSince1970: Double(envelope.acceptedAt) / 1000), trace: envelope.trace, payload: payload)
    }
}

/// A handler throws this when no further attempt can help: the job becomes a dead letter at once.
public struct PermanentJobError: Error, Sendable, CustomStringConvertible {
    public let message: String
    /// Stable, for grouping: `unknown_agent`.
    public let code: String

    public init(_ message: String, code: String) {
        self.message = message
        self.code = code
    }

    public var description: String { "\(message) (\(code))" }
}
