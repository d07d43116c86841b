import Foundation
import Jobs
import Redis

/// Which run a log belongs to, as far as the log must know.
struct RunIdentity: Sendable, Equatable {
    var run: UUID
    var workspace: UUID
    /// Milliseconds since 1970.
    var acceptedAt: Int64

    var acceptedDate: Date { Date(timeIntervalSince1970: Double(acceptedAt) / 1_000) }
}

/// What the run-log Redis knows of a run besides its events.
struct RunLogMeta: Sendable, Equatable {
    var workspace: UUID
    /// Milliseconds since 1970.
    var acceptedAt: Int64
    /// The terminal event's id, once it was appended, or noted by a reader who found it in PostgreSQL.
    var ended: RunEventID?
    /// Nil where whoever accepted the run did not tell.
    var asked: RunAsked?
    /// An attempt owns the run and there is no log: it was lost, or has no event yet.
    var isWithoutLog = false
}

/// What a run was asked for, as far as clients are shown it before an event of the run says it.
struct RunAsked: Sendable, Equatable {
    /// Who is to answer: the agent, where one speaks, else the model as the provider will be asked for it.
    var answering: String
    /// The run whose conversation it goes on with.
    var previous: UUID?
}

/// How long and how much the run log keeps.
package struct RunLogPolicy: Sendable, Equatable {
    /// First word of every key.
    package var prefix: String
    /// How long a log is kept after its last event. An hour covers a client that reconnects; afterwards PostgreSQL replays the run.
    package var logLifetime: Duration
    /// How long a run is known before its first event and after its last. A day: a job may wait that long in its queue.
    package var metaLifetime: Duration
    /// Events that a log holds, about (Redis trims whole nodes). 50,000 is more than any answer has; it bounds a run gone wild.
    package var entries: Int

    package init(
        prefix: String = "mainstay", logLifetime: Duration = .seconds(3_600), metaLifetime: Duration = .seconds(86_400), entries: Int = 50_000
    ) {
        self.prefix = prefix
        self.logLifetime = logLifetime
        self.metaLifetime = metaLifetime
        self.entries = entries
    }
}

/// A run's log: a stream in Redis, appended to by the attempt that owns the run, read by anyone.
struct RunLog: Sendable {
    /// What an append expects to find.
    enum Place: String, Sendable {
        /// A run that was announced to this memory, and perhaps has no event yet.
        case begin
        /// Events that were appended before.
        case `continue`
        /// The attempt's own claim: the whole log is written once more, by whom the run's row calls its owner, and says that something is
        /// shown.
        case again
    }

    enum Appended: Sendable, Equatable {
        case appended
        /// A later attempt, of this epoch, owns the run. Nothing was written.
        case stale(owner: UInt64)
        /// What was expected is not there, and the log knows of no owner, or cannot vouch for what it knows. Nothing was written.
        case missing
        /// The log has its terminal event already. Nothing was written.
        case ended(RunEventID)
    }

    let redis: RedisClient
    let policy: RunLogPolicy
    /// Where those who write and serve the log report to.
    var metrics = InferenceMetrics.process

    func keys(_ run: UUID) -> RunLogKeys { RunLogKeys(run: run, prefix: policy.prefix) }

    /// Appends events and announces them, in one step.
    ///
    /// - Parameters:
    ///   - place: What is expected to be there.
    ///   - renewsLifetime: Sets the time to live anew. Once in a while is enough.
    ///   - receivedAt: When the oldest of them was in our hands; the announcement tells it to those who serve the log.
    ///   - anchor: Kept in the same step; see ``RunAnchor``. The one that is kept stays when nil.
    ///   - reach: These are not the last events that are to be written at once, which is this one; see ``RunLogStanding/reach``.
    func append(
        _ entries: [RunLogEntry], to identity: RunIdentity, epoch: UInt64, at place: Place, renewsLifetime: Bool, terminal: RunEventID? = nil,
        receivedAt: ReceiptTime? = nil, anchor: RunAnchor? = nil, reach: RunEventID? = nil
    ) async throws -> Appended {
        let keys = keys(identity.run)
        var arguments: [RedisArgument] = [
            .string(String(epoch)), .string(identity.workspace.lowercased), .integer(Int(identity.acceptedAt)),
            .integer(renewsLifetime ? policy.logLifetime.wholeMilliseconds : 0), .integer(policy.metaLifetime.wholeMilliseconds),
            .integer(policy.entries), .string(keys.channel), .string(place.rawValue), .string(terminal?.description ?? ""),
            .string(receivedAt.map { String($0.microseconds) } ?? ""), .string(anchor?.text ?? ""), .string(reach?.description ?? ""),
        ]
        arguments.reserveCapacity(arguments.count + entries.count * 2)
        for entry in entries {
            arguments.append(.string(entry.id.description))
            arguments.append(.bytes(entry.payload))
        }
        let reply = try await redis.evaluate(RunLogScripts.append, keys: [keys.log, keys.meta], arguments: arguments)
        let (word, detail) = try Self.answer(reply, of: "run append")
        switch word {
        case "ok": return .appended
        case "stale": return .stale(owner: UInt64(detail) ?? .max)
        case "missing": return .missing
        case "ended":
            guard let id = RunEventID(detail) else { throw RedisError(.protocol, "run append answered an id that is none", command: "EVALSHA") }
            return .ended(id)
        default: throw RedisError(.protocol, "run append answered \(word)", command: "EVALSHA")
        }
    }

    /// Events after a cursor, from the oldest, at most `count`.
    func read(_ run: UUID, after: RunEventID?, count: Int) async throws -> [RunLogEntry] {
        let start = after.map { "(\($0)" } ?? "-"
        let reply = try await redis.send(RedisCommand("XRANGE", .string(keys(run).log), .string(start), "+", "COUNT", .integer(count)))
        guard let rows = reply.array else { throw RedisError(.protocol, "XRANGE answered no list", command: "XRANGE") }
        return try rows.map { row in
            guard let cells = row.array, cells.count == 2, let id = cells[0].string.flatMap({ RunEventID($0) }), let fields = cells[1].array,
                fields.count == 2, let payload = fields[1].bytes
            else { throw RedisError(.protocol, "an entry of a run's log has another form", command: "XRANGE") }
            return RunLogEntry(id: id, payload: payload)
        }
    }

    /// All events of a log.
    func readAll(_ run: UUID) async throws -> [RunLogEntry] {
        var entries: [RunLogEntry] = []
        while true {
            let page = try await read(run, after: entries.last?.id, count: 1_000)
            entries += page
            guard page.count == 1_000 else { return entries }
        }
    }

    /// Nil for a run that this Redis does not know (any more).
    func meta(_ run: UUID) async throws -> RunLogMeta? {
        let keys = keys(run)
        let replies = try await redis.pipeline([
            RedisCommand("HMGET", .string(keys.meta), "workspace", "accepted", "ended", "answering", "previous", "epoch", "noted"),
            RedisCommand("EXISTS", .string(keys.log)),
        ])
        for case .error(let text) in replies { throw RedisError(serverReply: text, command: "HMGET") }
        guard let cells = replies.first?.array, cells.count == 7, let workspace = cells[0].string.flatMap({ UUID(uuidString: $0) }) else {
            return nil
        }
        let previous = cells[4].string.flatMap { UUID(uuidString: $0) }
        return RunLogMeta(
            workspace: workspace, acceptedAt: Int64(cells[1].integer ?? 0), ended: (cells[2].string ?? cells[6].string).flatMap { RunEventID($0) },
            asked: cells[3].string.map { RunAsked(answering: $0, previous: previous) },
            isWithoutLog: cells[5].string != nil && replies.last?.integer == 0)
    }

    /// Notes the end of a run that PostgreSQL has and the log does not: who comes later need not wait for it.
    func note(end: RunEventID, of run: UUID) async throws {
        _ = try await redis.evaluate(RunLogScripts.note, keys: [keys(run).meta], arguments: [.string(end.description)])
    }

    /// What is known for whoever goes on with a run; asked by its owner.
    func standing(_ run: UUID) async throws -> RunLogStanding {
        let reply = try await redis.send(RedisCommand("HMGET", .string(keys(run).meta), "anchor", "reach"))
        guard let cells = reply.array, cells.count == 2 else { throw RedisError(.protocol, "HMGET answered no list of two", command: "HMGET") }
        return RunLogStanding(anchor: cells[0].string.flatMap { RunAnchor($0) }, reach: cells[1].string.flatMap { RunEventID($0) })
    }

    /// Tells all workers that a run is to be cancelled. The flag itself lies in PostgreSQL.
    func announceCancellation(of run: UUID, timeout: Duration? = nil) async throws {
        try await announce(.cancellation(run), timeout: timeout)
    }

    /// Tells all workers of a row that was written about a run.
    func announce(_ notice: RunNotice, timeout: Duration? = nil) async throws {
        _ = try await redis.send(
            RedisCommand("PUBLISH", .string(RunLogKeys.control(prefix: policy.prefix)), .string(notice.message)), timeout: timeout)
    }

    static func answer(_ reply: RedisValue, of script: String) throws -> (word: String, detail: String) {
        guard let cells = reply.array, let word = cells.first?.string else {
            throw RedisError(.protocol, "\(script) answered no list", command: "EVALSHA")
        }
        return (word, cells.count > 1 ? cells[1].string ?? "" : "")
    }
}

/// What ``RunLogScripts/append`` publishes: lines of `<id> <payload>`, the form of ``RunArchive``, and behind them one with the time
/// of their receipt. A worker of an earlier release tells no time.
enum RunAnnouncement {
    static func entries(_ message: [UInt8]) -> [RunLogEntry] {
        var entries = RunArchive.decode(message) ?? []
        guard let last = entries.last, let received = ReceiptTime(line: last.payload) else { return entries }
        entries.removeLast()
        for index in entries.indices { entries[index].receivedAt = received }
        return entries
    }
}
