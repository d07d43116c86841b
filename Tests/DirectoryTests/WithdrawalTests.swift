import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("What left the directory", .timeLimit(.minutes(1)))
struct WithdrawalTests {
    private static let beginning = "2020-01-01T00:00:00Z"

    private static func now(_ fixture: DirectoryFixture) async throws -> String {
        try await fixture.database.psql(#"select to_char(mainstay_now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func agent(_ name: String, _ fixture: DirectoryFixture) async throws -> UUID {
        try #require(try await fixture.desk.list(fixture.acme, name: name, before: nil, limit: 1).first?.id)
    }

    /// A copy of the directory that asks for changes alone.
    private struct DirectoryCopy: Sendable {
        /// By owner and name: the status, and when it changed.
        private(set) var agents: [String: String] = [:]

        mutating func follow(since: String, _ ask: DirectoryFixture.Asker) async throws {
            let gone = try await Self.items("/v1/directory/withdrawals?limit=2&updated_since=\(since)", ask)
            for item in gone { agents[Self.address(item)] = nil }
            let changed = try await Self.items("/v1/directory?limit=2&updated_since=\(since)", ask)
            for item in changed { agents[Self.address(item)] = Self.state(item) }
        }

        /// The whole directory.
        static func whole(_ ask: DirectoryFixture.Asker) async throws -> [String: String] {
            let items = try await items("/v1/directory?limit=50", ask)
            return Dictionary(items.map { (address($0), state($0)) }, uniquingKeysWith: { $1 })
        }

        private static func address(_ item: JSONValue) -> String { "\(item["owner"]?.string ?? "")/\(item["name"]?.string ?? "")" }
        private static func state(_ item: JSONValue) -> String { "\(item["status"]?.string ?? "") \(item["updated_at"]?.string ?? "")" }

        private static func items(_ path: String, _ ask: DirectoryFixture.Asker) async throws -> [JSONValue] {
            var items: [JSONValue] = []
            var cursor: String?
            repeat {
                let answer = try await ask(.get, path + (cursor.map { "&cursor=\($0)" } ?? ""), token: nil)
                try #require(answer.status == .ok, "\(path): \(answer.text)")
                items += answer.json["items"]?.elements ?? []
                cursor = answer.json["next_cursor"]?.string
            } while cursor != nil
            return items
        }
    }

    @Test("a copy that follows what changed and what left has what the directory has, whatever becomes of its agents")
    func followed() async throws {
        try await DirectoryFixture.with { fixture in
            for name in ["Ann", "Bob", "Cleo", "Dora", "Eve", "Finn"] { _ = try await fixture.publish("{\"name\": \"\(name)\"}") }
            _ = try await fixture.publish(#"{"name": "Rita"}"#, in: fixture.rival)
            let workspaces = WorkspaceStore(pool: fixture.pool, multiUser: true)
            let actor = AccessActor.operator("tester")
            try await fixture.asking { ask in
                let set: @Sendable (String, String) async throws -> Void = { name, status in
                    let body = "{\"status\": \"\(status)\", \"reason\": \"It asks for keys.\"}"
                    let answer = try await ask(.put, "/v1/operations/directory/acme/\(name)/status", body, token: "operator")
                    #expect(answer.status == .ok, "\(name) \(status)")
                }
                let acts: [(what: String, act: @Sendable () async throws -> Void)] = [
                    (
                        "renamed",
                        {
                            let name = try #require(AgentName("anna"))
                            _ = try await fixture.desk.rename(try await Self.agent("ann", fixture), to: name, workspace: fixture.acme)
                        }
                    ),
                    ("taken back", { try await fixture.desk.unpublish(try await Self.agent("bob", fixture), workspace: fixture.acme) }),
                    ("published again", { _ = try await fixture.desk.publish(try await Self.agent("bob", fixture), workspace: fixture.acme) }),
                    ("deprecated", { try await set("cleo", "deprecated") }), ("quarantined", { try await set("dora", "quarantined") }),
                    ("released", { try await set("dora", "active") }), ("removed", { try await set("eve", "removed") }),
                    (
                        "deleted for good",
                        { _ = try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from agents where name = 'finn'") }
                    ),
                    ("gone with its workspace", { _ = try await workspaces.delete(fixture.acme, grace: .standard, by: actor) }),
                    ("back with its workspace", { _ = try await workspaces.restore(fixture.acme, by: actor) }),
                ]
                var copy = DirectoryCopy()
                try await copy.follow(since: Self.beginning, ask)
                #expect(copy.agents.count == 7)
                for (what, act) in acts {
                    let (since, before) = (try await Self.now(fixture), copy.agents)
                    try await act()
                    try await copy.follow(since: since, ask)
                    let whole = try await DirectoryCopy.whole(ask)
                    #expect(copy.agents == whole, "\(what)")
                    #expect(copy.agents != before, "\(what)")
                }
                #expect(Set(copy.agents.keys) == ["acme/anna", "acme/bob", "acme/cleo", "acme/dora", "rival/rita"])
            }
        }
    }

    @Test("each says why it is not found, and a renamed one where it is; what is found again is not told")
    func told() async throws {
        try await DirectoryFixture.with { fixture in
            for name in ["Ann", "Bob", "Cleo"] { _ = try await fixture.publish("{\"name\": \"\(name)\"}") }
            _ = try await fixture.publish(#"{"name": "Hidden"}"#, publish: false)
            let ann = try await Self.agent("ann", fixture)
            try await fixture.asking { ask in
                let path = "/v1/directory/withdrawals?updated_since="
                #expect(try await ask(.get, path + Self.beginning, token: nil).names == [])
                _ = try await fixture.desk.rename(ann, to: try #require(AgentName("anna")), workspace: fixture.acme)
                try await fixture.desk.unpublish(try await Self.agent("bob", fixture), workspace: fixture.acme)
                let body = #"{"status": "quarantined", "reason": "It asks for keys."}"#
                _ = try await ask(.put, "/v1/operations/directory/acme/cleo/status", body, token: "operator")
                let all = try await ask(.get, path + Self.beginning, token: nil)
                #expect(all.names == ["ann", "bob", "cleo"], "the earliest first")
                let items = try #require(all.json["items"]?.elements)
                #expect(items.map { $0["status"]?.string } == ["renamed", "withdrawn", "quarantined"])
                #expect(items[0]["moved_to"]?["owner"] == "acme" && items[0]["moved_to"]?["name"] == "anna")
                #expect(items.allSatisfy { $0["owner"] == "acme" && $0["updated_at"]?.string != nil })
                #expect(items.dropFirst().allSatisfy { $0["moved_to"] == nil })
                #expect(!all.text.contains("keys"), "the reason stands in the listing")
                let later = try await Self.now(fixture)
                #expect(try await ask(.get, path + later, token: nil).names == [])

                // Its new name is free again, and leads back.
                _ = try await fixture.desk.rename(ann, to: try #require(AgentName("ann")), workspace: fixture.acme)
                let back = try await ask(.get, path + later, token: nil)
                #expect(back.names == ["anna"])
                #expect(try await ask(.get, path + Self.beginning, token: nil).names == ["bob", "cleo", "anna"])
            }
        }
    }

    @Test("a time has to be told, and pages begin where the one before ended")
    func refused() async throws {
        try await DirectoryFixture.with { fixture in
            try await fixture.asking { ask async throws in
                let good = "?updated_since=\(Self.beginning)"
                for query in ["", "?updated_since=now", "\(good)&cursor=nonsense", "\(good)&limit=0"] {
                    #expect(try await ask(.get, "/v1/directory/withdrawals\(query)", token: nil).status == .badRequest, "\(query)")
                }
            }
        }
    }
}
