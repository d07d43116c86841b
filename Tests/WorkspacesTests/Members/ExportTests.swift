import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("What a workspace takes along", .timeLimit(.minutes(1)))
struct ExportTests {
    private struct Row: Hashable {
        let table: String
        let row: JSONValue
    }

    private func parse(_ lines: [String]) throws -> [Row] {
        try lines.map { line in
            let document = try JSONBody.decode(JSONValue.self, from: Array(line.utf8))
            #expect(line.hasPrefix("{\"table\":") && document.members?.count == 2)
            return Row(table: try #require(document["table"]?.string), row: try #require(document["row"]))
        }
    }

    private func export(_ workspace: UUID, _ fixture: TokensFixture, limit: Int = 200) async throws -> [Row] {
        var reader = ExportReader(workspace, pool: fixture.pool, by: .tester, limit: limit)
        var lines: [String] = []
        while let page = try await reader.next() { lines += page }
        return try parse(lines)
    }

    private func tickets(_ count: Int, of workspace: UUID, _ fixture: TokensFixture) async throws {
        _ = try await fixture.database.psql(
            """
            insert into tickets (workspace_id, id, accepted_at, priority, subject, body)
              select '\(workspace)', gen_random_uuid(), '2026-01-31T08:30:00+02', 'low', 'a "subject"', E'two\\nlines' from generate_series(1, \(count));
            """)
    }

    @Test("its own rows and people, and no other's")
    func own() async throws {
        let fixture = try await TokensFixture.make()
        let (acme, other) = (fixture.acme.workspace.id, fixture.other.workspace.id)
        try await tickets(3, of: acme, fixture)
        try await tickets(2, of: other, fixture)
        let rows = try await export(acme, fixture)
        let counts = Dictionary(grouping: rows, by: \.table).mapValues(\.count)
        #expect(counts == ["members": 1, "tickets": 3, "tokens": 1, "users": 1, "workspaces": 1])
        let ticket = try #require(rows.first { $0.table == "tickets" }?.row)
        #expect(ticket["subject"] == #"a "subject""# && ticket["body"] == "two\nlines" && ticket["accepted_at"] == "2026-01-31T06:30:00+00:00")
        #expect(rows.first { $0.table == "users" }?.row["email"] == "owner@acme.example")
        let text = rows.map { String(decoding: $0.row.bytes(), as: UTF8.self) }.joined()
        #expect(!text.contains(other.uuidString.lowercased()) && !text.contains("other.example"))
    }

    @Test("no hash, no secret and no bytes, whatever table they are in")
    func secrets() async throws {
        let fixture = try await TokensFixture.make()
        let acme = fixture.acme.workspace.id
        _ = try await fixture.invitations.create(workspace: acme, role: .viewer, email: nil, inviter: nil, as: .owner)
        _ = try await fixture.database.psql(
            """
            set role mainstay_owner;
            create table probe (
              workspace_id uuid not null, id uuid not null, note text, key_note text, api_key text, access_token text, password_hash text,
              client_secret text, secret_places text[], input_tokens bigint, file bytea, primary key (workspace_id, id));
            call protect_tenant_table('probe');
            create table closed (workspace_id uuid not null, id uuid not null, note text, primary key (workspace_id, id));
            call protect_tenant_table('closed');
            revoke select on closed from mainstay_server;
            reset role;
            insert into probe values ('\(acme)', gen_random_uuid(), 'n', 'hidden', 'hidden', 'hidden', 'hidden', 'hidden', '{/a}', 7, 'hidden');
            insert into closed values ('\(acme)', gen_random_uuid(), 'hidden');
            """)
        let rows = try await export(acme, fixture)
        let probe = try #require(rows.first { $0.table == "probe" }?.row.members)
        #expect(Set(probe.map(\.name)) == ["workspace_id", "id", "note", "secret_places", "input_tokens"])
        #expect(!rows.contains { $0.table == "closed" })
        let names = Set(rows.filter { ["tokens", "invitations"].contains($0.table) }.flatMap { ($0.row.members ?? []).map(\.name) })
        #expect(names.contains("prefix") && !names.contains("hash"))
        let text = rows.map { String(decoding: $0.row.bytes(), as: UTF8.self) }.joined()
        #expect(!text.contains("hidden"))
        #expect(!text.contains(fixture.acme.secret.hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()))
    }

    @Test("pages neither lose nor repeat a row, also where one id has several", arguments: [1, 2, 3, 7])
    func pages(_ limit: Int) async throws {
        let fixture = try await TokensFixture.make()
        let acme = fixture.acme.workspace.id
        try await tickets(7, of: acme, fixture)
        _ = try await fixture.database.psql(
            """
            insert into outcomes (workspace_id, id, kind, state, generation, attempts, accepted_at)
              select '\(acme)', gen_random_uuid(), 'k', 'dead', 0, 1, now() from generate_series(1, 3);
            insert into outcomes (workspace_id, id, kind, state, generation, attempts, accepted_at)
              select workspace_id, id, kind, state, n, 1, now() from outcomes, generate_series(1, 2) as n;
            insert into idempotency_keys (workspace_id, id, digest, job_id)
              select '\(acme)', 'key ' || n, 'x', gen_random_uuid() from generate_series(1, 5) as n;
            """)
        let rows = try await export(acme, fixture, limit: limit)
        #expect(Set(rows).count == rows.count)
        let counts = Dictionary(grouping: rows, by: \.table).mapValues(\.count)
        #expect(counts["tickets"] == 7 && counts["outcomes"] == 9 && counts["idempotency_keys"] == 5)
    }

    @Test("over HTTP it is a stream of lines, for owners")
    func overHTTP() async throws {
        let fixture = try await TokensFixture.make()
        try await tickets(2, of: fixture.acme.workspace.id, fixture)
        let bob = try await fixture.join("bob", as: .maintainer)
        try await fixture.asking(multiUser: false) { ask async throws in
            let answer = try await ask(.get, "/v1/workspace/export", as: fixture.acme.secret)
            #expect(answer.status == .ok && answer.headers[.contentType] == "application/x-ndjson" && answer.headers[.cacheControl] == "no-store")
            #expect(answer.text.hasSuffix("\n"))
            let rows = try parse(answer.text.split(separator: "\n").map(String.init))
            #expect(rows.filter { $0.table == "tickets" }.count == 2 && rows.filter { $0.table == "users" }.count == 2)
            #expect(try await ask(.get, "/v1/workspace/export", as: bob.secret).status == .forbidden)
        }
    }

    @Test("no table is named that is not the workspace's, and none in the scope of nobody shows a row")
    func otherTables() async throws {
        let fixture = try await TokensFixture.make()
        let scope = PostgresScope.workspaces([fixture.acme.workspace.id])
        for table in ["workers", "pg_authid", "no such table"] {
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.pool.query(scope, "select key, line from export_page($1, null, 10)", table)
            }
            #expect(error?.sqlState == "P0001", "\(table)")
        }
        #expect(try await fixture.pool.query(.workspaces([]), "select key, line from export_page('users', null, 10)").isEmpty)
        #expect(try await fixture.pool.query(scope, "select key, line from export_page('users', null, 10)").count == 1)
    }
}
