import Foundation
import Postgres
import Testing

/// The setting that policies compare with is given by `set_config` with a bound parameter, and by nothing else. `set local … = $1` is
/// no statement of PostgreSQL's: a well-known agent platform put it into every database call, and all of them failed.
@Suite("The workspaces of a transaction are a bound parameter", .timeLimit(.minutes(2)))
struct SettingTests {
    private static let name: SQL = "select set_config('mainstay.workspaces', $1, true)"

    @Test("`select set_config` takes the workspaces as a parameter; `set local` takes none and is a syntax error")
    func parameter() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            let seen = try await fixture.server.transaction(.unscoped) { transaction in
                try await transaction.execute(Self.name, place.own.uuidString.lowercased())
                return try await transaction.query("select id from tickets")
            }
            #expect(try seen.map { try $0.decode(0, as: UUID.self) } == [place.mine])
            let error = try await refusal {
                try await fixture.server.execute(.unscoped, "set local mainstay.workspaces = $1", place.own.uuidString.lowercased())
            }
            #expect(error?.sqlState == "42601")
            let unset = try await fixture.count(.unscoped, "select count(*) from tickets")
            #expect(unset == 0)
        }
    }

    /// What a request could send where an id is wanted, if some path to here forgot to check it.
    static let texts = [
        "'; drop table tickets; --", "' or '1'='1", "*", "%", "all", "NULL", "null", ",", ",,", " ", "mainstay_workspaces()",
        "(select array_agg(id) from workspaces)", "00000000-0000-0000-0000-00000000000g", "$1", "\\'", "{", "{}", "true", "\u{2019}",
        "'); set role mainstay_upkeep; --", "x', false); select set_config('row_security', 'off", String(repeating: "a,", count: 1_000),
    ]

    private static let lookAround: SQL = """
        select current_user::text as role, current_setting('row_security') as row_security, current_setting('search_path') as path,
          coalesce(current_setting('role', true), '') as taken, (select count(*) from pg_class where relname = 'tickets')::int8 as tables
        """

    private static func surroundings(_ session: some PostgresSession) async throws -> [String] {
        let row = try await session.query(lookAround)[0]
        let tables = try row.decode("tables", as: Int.self)
        return try ["role", "row_security", "path", "taken"].map { try row.decode($0, as: String.self) } + ["\(tables)"]
    }

    @Test("hostile text is text: nothing else changes, and no row is shown", arguments: texts)
    func hostile(_ text: String) async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            // Alone, and beside an id that is in order: one that is not spoils the whole.
            for given in [text, "\(place.own.uuidString),\(text)"] {
                let (before, after) = try await fixture.server.transaction(.unscoped) { transaction in
                    let before = try await Self.surroundings(transaction)
                    try await transaction.execute(Self.name, given)
                    return (before, try await Self.surroundings(transaction))
                }
                #expect(before == after)
                let error = try await refusal {
                    let seen = try await fixture.server.transaction(.unscoped) { transaction in
                        try await transaction.execute(Self.name, given)
                        return try await transaction.query("select id from tickets")
                    }
                    #expect(seen.isEmpty)
                }
                // No uuid, or no array: an error, and never everything.
                #expect(error?.sqlState == "22P02", "\(given.prefix(60))")
            }
            // The same connection serves whoever comes next.
            let seen = try await fixture.count(.workspaces([place.own]), "select count(*) from tickets")
            let there = try await fixture.superuser.query(.unscoped, "select 1 from tickets")
            #expect(seen == 1 && there.count == 2)
        }
    }

    @Test("an empty setting and none are no workspace, also where they are given as such")
    func empty() async throws {
        try await IsolationFixture.with { fixture in
            _ = try await Place.make(in: fixture)
            let seen = try await fixture.server.transaction(.unscoped) { transaction in
                try await transaction.execute(Self.name, "")
                return try await transaction.query("select id from tickets")
            }
            let unnamed = try await fixture.server.transaction(.unscoped) { transaction in
                try await transaction.execute(Self.name, String?.none)
                return try await transaction.query("select id from tickets")
            }
            #expect(seen.isEmpty && unnamed.isEmpty)
        }
    }

    @Test("a setting that somebody left on the session is not seen behind a scope, and a scope leaves none")
    func session() async throws {
        try await IsolationFixture.with { fixture in
            let place = try await Place.make(in: fixture)
            // Nothing of ours does this; it is what a statement of a stranger behind the same pooler could.
            try await fixture.server.execute(
                .unscoped, "select set_config('mainstay.workspaces', $1, false)", place.other.uuidString.lowercased())
            let seen = try await fixture.server.query(.workspaces([place.own]), "select id from tickets")
            #expect(try seen.map { try $0.decode(0, as: UUID.self) } == [place.mine])
            let none = try await fixture.server.query(.workspaces([]), "select id from tickets")
            #expect(none.isEmpty)
        }
    }
}
