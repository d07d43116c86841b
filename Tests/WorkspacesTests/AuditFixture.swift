import Foundation
import Logging
import Postgres
import TestSupport
import Testing

@testable import Workspaces

/// A chain as the log would have it, made without a database.
enum AuditChain {
    static let start: Int64 = 1_795_670_914_000_000

    /// A whole entry: its hash is that of its fields.
    static func entry(
        _ sequence: Int, after previous: [UInt8], subject: String = "token:x", details: [String: String]? = ["name": "ci"]
    ) -> AccessLogEntry {
        func entry(hash: [UInt8]) -> AccessLogEntry {
            AccessLogEntry(
                sequence: sequence, microseconds: start &+ Int64(sequence), workspace: nil, actorKind: "system", actor: "test",
                action: "token.made", subject: subject, details: details, previousHash: previous, hash: hash)
        }
        return entry(hash: AccessLogForm.hash(of: entry(hash: []), at: sequence) ?? [])
    }

    static func make(_ count: Int, subject: String = "token:x") -> [AccessLogEntry] {
        var entries: [AccessLogEntry] = []
        for number in 1...count {
            entries.append(entry(number, after: entries.last?.hash ?? AccessLogForm.origin, subject: subject))
        }
        return entries
    }

    static func checkpoint(of entry: AccessLogEntry, _ keys: AccessLogKeys = .none) -> AccessLogCheckpoint {
        keys.signed(AccessLogCheckpoint(sequence: entry.sequence, hash: entry.hash, microseconds: start))
    }

    /// Looks at entries and checkpoints in the order in which a look through the log meets them.
    static func look(
        _ entries: [AccessLogEntry], _ checkpoints: [AccessLogCheckpoint] = [], published: AccessLogCheckpoint? = nil, _ keys: AccessLogKeys = .none
    ) -> AccessLogResult {
        var check = AccessChainCheck(keys: keys)
        var waiting: [(AccessLogCheckpoint, Bool)] = checkpoints.map { ($0, false) }
        if let published { waiting.append((published, true)) }
        waiting.sort { $0.0.sequence < $1.0.sequence }
        for entry in entries {
            while let (checkpoint, isPublished) = waiting.first, checkpoint.sequence < entry.sequence {
                check.checkpoint(checkpoint, isPublished: isPublished)
                waiting.removeFirst()
            }
            check.entry(entry)
        }
        for (checkpoint, isPublished) in waiting { check.checkpoint(checkpoint, isPublished: isPublished) }
        return check.finished()
    }
}

extension AccessLogResult {
    /// What was found, in short: `changed 3`, `missing 3-4`.
    var words: [String] {
        findings.map { $0.first == $0.last ? "\($0.reason.rawValue) \($0.first)" : "\($0.reason.rawValue) \($0.first)-\($0.last)" }
    }
}

extension AccessLogKeys {
    /// Keys of these ids, the first of which signs.
    static func test(_ ids: String...) throws -> AccessLogKeys {
        try AccessLogKeys(ids.map { "\($0):\(String(repeating: $0, count: 32))" }.joined(separator: ","))
    }
}

/// A database of one's own with an access log.
struct AuditFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let store: AccessLogStore

    static func with(_ body: @Sendable (AuditFixture) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        try await withPool(database.serverURL, size: 8) { pool in
            try await body(AuditFixture(database: database, pool: pool, store: AccessLogStore(pool: pool)))
        }
    }

    /// Appends so many entries at one go.
    func fill(_ count: Int) async throws {
        _ = try await database.psql(
            "select append_access_log(null, 'system', 'test', 'token.made', 'token:' || n, '{\"name\":\"ci\"}') from generate_series(1, \(count)) n")
    }

    /// What somebody may do who is superuser, or owns the table, and takes the guard away first.
    func tamper(_ script: String) async throws {
        _ = try await database.psql(
            """
            alter table access_log disable trigger all;
            alter table access_log_checkpoints disable trigger all;
            \(script);
            """)
    }

    func moveTime(by seconds: Int) async throws {
        _ = try await database.psql("update time_offset set amount = interval '\(seconds) seconds'")
    }

    func count(_ query: String) async throws -> Int {
        try #require(Int(try await database.psql(query).trimmingCharacters(in: .whitespacesAndNewlines)), "\(query)")
    }

    func checkpointer(_ keys: AccessLogKeys = .none, _ rule: CheckpointRule = CheckpointRule()) -> AccessLogCheckpointer {
        AccessLogCheckpointer(pool: pool, keys: keys, rule: rule, logger: Logger(label: "test.audit"))
    }

    func verify(_ keys: AccessLogKeys = .none, published: AccessLogCheckpoint? = nil) async throws -> AccessLogResult {
        try await AccessLogVerifier(pool: pool, keys: keys).run(published: published)
    }
}
