import Foundation
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Workspaces

@Suite("Writing down what was noticed", .timeLimit(.minutes(1)))
struct WatchRecorderTests {
    /// What stands for a database that may be away.
    private final class Database: Sendable {
        private let state = Mutex((isAway: true, written: [String]()))

        var isAway: Bool {
            get { state.withLock { $0.isAway } }
            set { state.withLock { $0.isAway = newValue } }
        }
        var written: [String] { state.withLock { $0.written } }

        func write(_ name: String) { state.withLock { $0.written.append(name) } }
    }

    private static let lock = WatchRule(threshold: 40, window: .seconds(60), response: .lock, period: .seconds(900))

    private func event(_ subject: WatchSubject, _ response: WatchResponse = .lock) -> WatchEvent {
        WatchEvent(signal: .idWalking, subject: subject, rule: Self.lock, response: response)
    }

    private func recorder(_ queue: WatchQueue, _ pool: PostgresPool) -> WatchRecorder {
        WatchRecorder(
            queue: queue, record: { try await WatchRecorder.write($0, to: pool) }, clock: StillClock(), logger: Logger(label: "test.watch"))
    }

    private func recorder(_ queue: WatchQueue, _ record: @escaping @Sendable (WatchEvent) async throws -> Void) -> WatchRecorder {
        WatchRecorder(queue: queue, record: record, clock: StillClock(), logger: Logger(label: "test.watch"))
    }

    /// Seconds until a token is open again, in whole tens; empty when it is not locked.
    private func locked(_ token: UUID, in fixture: TokensFixture) async throws -> String {
        try await fixture.database.psql(
            "select round(extract(epoch from locked_until - mainstay_now()) / 10) * 10 from tokens where id = '\(token)' and locked_until > mainstay_now()"
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test("a token that is to be locked is, for the rule's period, and the log tells of both; others are not touched")
    func lock() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, queue) = (fixture.acme, WatchQueue())
        let log = AccessLogStore(pool: fixture.pool)
        let start = try await log.head()
        queue.add(event(.token(acme.token.id, workspace: acme.workspace.id)))
        let isDone = await recorder(queue, fixture.pool).flush()
        #expect(isDone)
        let (own, other) = (try await locked(acme.token.id, in: fixture), try await locked(fixture.other.token.id, in: fixture))
        #expect(own == "900")
        #expect(other.isEmpty)

        let entries = try await log.entries(after: start, limit: 10)
        #expect(entries.map(\.action) == ["token.locked", "access.suspicious"])
        for entry in entries {
            #expect(entry.actorKind == "system")
            #expect(entry.actor == "watch")
            #expect(entry.workspace == acme.workspace.id)
            #expect(entry.subject == "token:\(acme.token.id)".lowercased())
            #expect(
                entry.details == ["signal": "id-walking", "count": "40", "window_seconds": "60", "response": "lock", "period_seconds": "900"])
        }
    }

    @Test("an account of the identity provider that is of no workspace has an entry, and no row to be locked")
    func account() async throws {
        let fixture = try await TokensFixture.make()
        let log = AccessLogStore(pool: fixture.pool)
        let (start, id) = (try await log.head(), ExternalIdentity(issuer: "https://id.example.com", subject: "ann").id)
        try await WatchRecorder.write(event(.account(id)), to: fixture.pool)
        let entries = try await log.entries(after: start, limit: 10)
        #expect(entries.map(\.action) == ["access.suspicious"])
        #expect(entries.first?.subject == "token:\(id)".lowercased() && entries.first?.workspace == nil)
    }

    @Test("a lock is made no shorter, ends by itself, and may be ended by an operator, of which the log tells")
    func unlock() async throws {
        let fixture = try await TokensFixture.make()
        let (workspace, token) = (fixture.acme.workspace.id, fixture.acme.token.id)
        let (locks, log) = (TokenLockStore(pool: fixture.pool), AccessLogStore(pool: fixture.pool))
        let start = try await log.head()
        func lock(_ period: Duration) async throws {
            try await fixture.pool.transaction(.workspaces([workspace])) { TokenLockStore.lock(token, workspace: workspace, for: period, in: $0) }
        }
        try await lock(.seconds(900))
        try await lock(.seconds(60))
        let long = try await locked(token, in: fixture)
        #expect(long == "900")

        let foreign = try await locks.unlock(token, workspace: fixture.other.workspace.id, by: .operator("ada"))
        let first = try await locks.unlock(token, workspace: workspace, by: .operator("ada"))
        let again = try await locks.unlock(token, workspace: workspace, by: .operator("ada"))
        #expect([foreign, first, again] == [false, true, false])
        let open = try await locked(token, in: fixture)
        #expect(open.isEmpty)
        let entries = try await log.entries(after: start, limit: 10)
        #expect(entries.map(\.action) == ["token.unlocked"])

        try await lock(.seconds(60))
        try await fixture.moveTime(by: 61)
        let over = try await locked(token, in: fixture)
        #expect(over.isEmpty)
    }

    @Test("what is no lock locks nothing; a source is in the log without its address, the same one the same way")
    func sources() async throws {
        let fixture = try await TokensFixture.make()
        let (queue, log) = (WatchQueue(), AccessLogStore(pool: fixture.pool))
        let start = try await log.head()
        queue.add(event(.token(fixture.acme.token.id, workspace: fixture.acme.workspace.id), .alert))
        for address in ["198.51.100.7", "198.51.100.7", "198.51.100.8"] { queue.add(event(.source(address))) }
        queue.add(event(.unknown, .alert))
        let isDone = await recorder(queue, fixture.pool).flush()
        #expect(isDone)
        let own = try await locked(fixture.acme.token.id, in: fixture)
        #expect(own.isEmpty)
        let entries = try await log.entries(after: start, limit: 10)
        #expect(entries.allSatisfy { $0.action == "access.suspicious" })
        #expect(entries.count == 5)
        #expect(entries.first?.details?["period_seconds"] == nil)
        let subjects = entries.dropFirst().map(\.subject)
        #expect(subjects.allSatisfy { $0.hasPrefix("source:") && !$0.contains("198.51.100") })
        #expect(subjects[0] == subjects[1])
        #expect(Set(subjects).count == 3)
        #expect(subjects.last == "source:unknown")
    }

    @Test("while the database is away events wait in their order; one that fails for itself does not stop the others")
    func retries() async throws {
        let (queue, database) = (WatchQueue(), Database())
        let recorder = recorder(queue) { event in
            if event.subject == .source("bad") { throw PostgresError(.server, "a value is not accepted", sqlState: "23514") }
            if event.subject == .source("b"), database.isAway { throw PostgresError(.connection, "away") }
            database.write(event.subject.name)
        }
        for name in ["a", "bad", "b", "c"] { queue.add(event(.source(name))) }
        let early = await recorder.flush()
        #expect(!early)
        #expect(database.written == ["a"])
        queue.add(event(.source("d")))
        database.isAway = false
        let late = await recorder.flush()
        #expect(late)
        #expect(database.written == ["a", "b", "c", "d"])
    }

    @Test("a queue that is full loses what comes, counts it, and keeps what was there first")
    func bound() {
        let queue = WatchQueue(bound: 3)
        for number in 0..<5 { queue.add(event(.source("\(number)"))) }
        let (first, lost) = queue.take()
        #expect(first.map(\.subject.name) == ["0", "1", "2"])
        #expect(lost == 2)
        queue.add(event(.source("5")))
        queue.putBack(first)
        let (second, more) = queue.take()
        #expect(second.map(\.subject.name) == ["0", "1", "2"])
        #expect(more == 1)
        let (none, nothing) = queue.take()
        #expect(none.isEmpty)
        #expect(nothing == 0)
    }

    @Test("as a service it writes what is noticed, without being asked")
    func service() async throws {
        let fixture = try await TokensFixture.make()
        let log = AccessLogStore(pool: fixture.pool)
        let start = try await log.head()
        let watch = AccessWatch(clock: ContinuousClock(), logger: Logger(label: "test.watch"))
        let recorder = WatchRecorder(watch: watch, pool: fixture.pool, logger: Logger(label: "test.watch"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await recorder.run() }
            let subject = WatchSubject.token(fixture.acme.token.id, workspace: fixture.acme.workspace.id)
            for _ in 0..<WatchRules().keyReuse.threshold { watch.noted(.keyReuse, of: subject) }
            try await eventually("the entry") { try await log.head() == start + 1 }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
