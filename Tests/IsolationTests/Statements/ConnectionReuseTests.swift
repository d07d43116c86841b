import Foundation
import Postgres
import TestSupport
import Testing

/// One connection serves one workspace after the other. Whatever way a transaction ends, the next one starts with nothing of it.
@Suite("One connection for many workspaces", .timeLimit(.minutes(2)))
struct ConnectionReuseTests {
    private static let whatIsSeen: SQL = """
        select count(*)::int8 as tickets, coalesce(current_setting('mainstay.workspaces', true), '') as setting, current_user::text as role,
          pg_backend_pid() as process
        from tickets
        """

    private struct Seen: Equatable {
        let tickets: Int
        let setting: String
        let role: String
        let process: Int

        init(_ row: PostgresRow) throws {
            tickets = try row.decode("tickets")
            setting = try row.decode("setting")
            role = try row.decode("role")
            process = try row.decode("process")
        }
    }

    /// How a transaction ends. Each is begun in the scope of one workspace, and must leave the connection to the other.
    enum Ending: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case commit, oneStatement, error, fault, swallowedFault, stopped, cancelled, role
        var testDescription: String { rawValue }
    }

    @Test("after each way of ending, the other workspace sees its own row, and no scope sees none", arguments: Ending.allCases)
    func alternating(_ ending: Ending) async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let process = try await Self.look(fixture.server, .unscoped).process
            for turn in 0..<6 {
                let (own, other) = turn.isMultiple(of: 2) ? (place.own, place.other) : (place.other, place.own)
                try await Self.end(ending, fixture.server, scope: .workspaces([own]))
                let unset = try await Self.look(fixture.server, .unscoped)
                #expect(unset.tickets == 0 && unset.setting == "" && unset.role == "mainstay_server")
                try await Self.end(ending, fixture.server, scope: .workspaces([own]))
                let seen = try await Self.look(fixture.server, .workspaces([other]))
                #expect(seen.tickets == 1 && seen.setting == other.uuidString.lowercased())
                #expect(unset.process == process && seen.process == process, "all of it must have happened on one connection")
            }
            // Nothing of what was undone was written.
            let left = try await fixture.superuser.query(.unscoped, "select 1 from tickets where subject = 'undone'")
            #expect(left.isEmpty)
        }
    }

    @Test("a connection that was replaced after a deadline begins without a scope")
    func deadline() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let before = try await Self.look(fixture.server, .unscoped).process
            let error = try await refusal {
                try await fixture.server.query(.workspaces([place.own]), "select pg_sleep(60)", timeout: .milliseconds(200))
            }
            #expect(error?.code == .timeout)
            let unset = try await Self.look(fixture.server, .unscoped)
            #expect(unset.tickets == 0 && unset.setting == "" && unset.process != before)
            let seen = try await Self.look(fixture.server, .workspaces([place.other]))
            #expect(seen.tickets == 1)
        }
    }

    @Test("many at once over few connections: each sees its own row, whatever the others do")
    func crowd() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            try await withPool(fixture.database.serverURL, size: 2) { pool in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            let (own, ticket) = number.isMultiple(of: 2) ? (place.own, place.mine) : (place.other, place.theirs)
                            if number.isMultiple(of: 7) { _ = try await refusal { try await pool.query(.workspaces([own]), "select 1 / 0") } }
                            let ids = try await pool.query(.workspaces([own]), "select id from tickets")
                            return try ids.map { try $0.decode(0, as: UUID.self) } == [ticket]
                        }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
            }
        }
    }

    private static func look(_ pool: PostgresPool, _ scope: PostgresScope) async throws -> Seen {
        try Seen(try await pool.query(scope, whatIsSeen)[0])
    }

    private struct Stop: Error {}

    private static func end(_ ending: Ending, _ pool: PostgresPool, scope: PostgresScope) async throws {
        switch ending {
        case .commit:
            try await pool.transaction(scope) { transaction in
                try await transaction.execute("update tickets set category = 'seen'")
                try await transaction.execute("update tickets set category = 'seen twice'")
            }
        case .oneStatement: try await pool.execute(scope, "update tickets set category = 'seen'")
        case .error:
            let error = try await refusal {
                try await pool.transaction(scope) { transaction in
                    try await transaction.execute("update tickets set subject = 'undone'")
                    try await transaction.execute("select 1 / 0")
                }
            }
            #expect(error?.sqlState == "22012")
        case .fault:
            await #expect(throws: Stop.self) {
                try await pool.transaction(scope) { transaction in
                    try await transaction.execute("update tickets set subject = 'undone'")
                    throw Stop()
                }
            }
        case .swallowedFault:
            let error = try await refusal {
                try await pool.transaction(scope) { transaction in
                    try await transaction.execute("update tickets set subject = 'undone'")
                    _ = try? await transaction.execute("select 1 / 0")
                }
            }
            #expect(error?.sqlState == "22012")
        case .stopped:
            let error = try await refusal {
                try await pool.transaction(scope) { transaction in
                    try await transaction.execute("update tickets set subject = 'undone'")
                    try await transaction.execute("set local statement_timeout = '20ms'")
                    try await transaction.execute("select pg_sleep(30)")
                }
            }
            #expect(error?.sqlState == "57014")
        case .cancelled:
            // A task of its own, for a cancelled test would do nothing more.
            let cancelled = Task {
                try await refusal {
                    try await pool.transaction(scope) { transaction in
                        try await transaction.execute("update tickets set subject = 'undone'")
                        withUnsafeCurrentTask { $0?.cancel() }
                        try await transaction.execute("select 1")
                    }
                }
            }
            let error = try await cancelled.value
            #expect(error?.code == .cancelled)
        case .role:
            try await pool.execute(.role(.upkeep), "select 1 from tickets")
        }
    }
}
