import Foundation
import Jobs
import TestSupport
import Testing

/// The commands as an operator runs them, on a database of its own.
@Suite(.timeLimit(.minutes(2))) struct TokenCommandTests {
    private struct Place: Sendable {
        let database: TestDatabase

        func run(_ arguments: String..., withDatabase: Bool = true) async throws -> Program.Result {
            var environment = ["PATH": "/usr/bin:/bin", "HOME": "/tmp"]
            if withDatabase {
                environment["MAINSTAY_DATABASE_URL"] = database.serverURL
                environment["MAINSTAY_REDIS_URL"] = database.stack.redisURL
            }
            return try await Program.run(arguments, environment: environment)
        }

        /// The rows of a command's JSON.
        func rows(_ arguments: String...) async throws -> [[String: Any]] {
            let result = try await Program.run(
                arguments + ["--json"], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "MAINSTAY_DATABASE_URL": database.serverURL])
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
            return try #require(object["rows"] as? [[String: Any]])
        }

        /// What the access log tells, an entry a line.
        func told() async throws -> [String] {
            try await database.psql("select action || ' ' || actor_kind || ' ' || actor from access_log order by sequence")
                .split(separator: "\n").map(String.init)
        }
    }

    /// Whoever runs these tests, as the log has them: a dash where the machine knows no name.
    private static let person = NSUserName().isEmpty ? "-" : NSUserName()

    @Test("a token is made, rotated, locked, unlocked, revoked, and tells what it is all the while")
    func life() async throws {
        let place = Place(database: try await TestDatabase.make())
        let made = try await place.run("token", "create", "--name", "ci", "--scopes", "jobs:read")
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(made.status == 0 && secret.hasPrefix("mst_"))
        let id = try #require(try await place.rows("token", "list").first?["id"] as? String)

        let rotated = try await place.run("token", "rotate", id, "--overlap", "90m")
        #expect(rotated.status == 0 && rotated.output.hasPrefix("mst_") && rotated.errors.contains("90m more"))
        let listed = try await place.rows("token", "list")
        #expect(listed.map { $0["name"] as? String } == ["ci", "ci"] && listed.map { $0["state"] as? String } == ["valid", "valid"])
        #expect(listed[1]["replaced_by"] as? String == listed[0]["id"] as? String && listed[1]["expires"] as? String != nil)
        let first = try await place.run("token", "list", "--limit", "1", "--json")
        #expect(first.errors.contains("There are more") && !first.output.contains(id))
        let again = try await place.run("token", "rotate", id)
        #expect(again.status == 1 && again.errors.contains("replaced before"))
        for wrong in ["31d", "soon", "-1s"] {
            #expect(try await place.run("token", "rotate", id, "--overlap=\(wrong)").status == 64, "\(wrong)")
        }

        let open = try await place.run("token", "unlock", id)
        #expect(open.status == 64 && open.errors.contains("no token"))
        _ = try await place.database.psql("update tokens set locked_until = now() + interval '1 hour' where id = '\(id)'")
        let locked = try await place.rows("token", "inspect", secret)[0]
        #expect(locked["state"] as? String == "locked" && locked["locked_until"] as? String != nil && locked["workspace"] as? String == "default")
        #expect(try await place.run("token", "unlock", id).output == "unlocked\n")
        #expect(try await place.rows("token", "inspect", secret)[0]["state"] as? String == "valid")
        let asked = try await place.run("token", "revoke", id)
        #expect(asked.status == 1 && asked.output.isEmpty && asked.errors.contains("\"ci\" of default, never used") && asked.errors.contains("--yes"))
        #expect(try await place.rows("token", "inspect", secret)[0]["state"] as? String == "valid")
        #expect(try await place.run("token", "revoke", id, "--yes").output == "revoked\n")
        #expect(try await place.rows("token", "inspect", secret)[0]["state"] as? String == "revoked")
        #expect(try await place.run("token", "revoke", id).status == 0, "what is revoked already takes nothing away")
        #expect(try await place.run("token", "revoke", UUID().uuidString, "--yes").status == 64)

        let told = try await place.told()
        #expect(told == ["token.made", "token.rotated", "token.unlocked", "token.revoked"].map { "\($0) operator \(Self.person)" })
    }

    @Test("an operator's token has the scopes that were asked for, or all of an operator, and none of a workspace")
    func operators() async throws {
        let place = Place(database: try await TestDatabase.make())
        #expect(try await place.run("token", "create", "--operator", "--name", "all").status == 0)
        #expect(
            try await place.run(
                "token", "create", "--operator", "--name", "some", "--scope", "operations:read", "--scope", "audit:read,directory:moderate"
            ).status == 0)
        let wrong = try await place.run("token", "create", "--operator", "--name", "wrong", "--scope", "tickets:read")
        #expect(wrong.status == 64 && wrong.errors.contains("operations:write"))
        let nobody = try await place.run("token", "create", "--name", "nobody", "--scopes", "jobs:read,operations:read")
        #expect(nobody.status == 64 && nobody.errors.contains("--operator"))
        #expect(try await place.run("token", "create", "--operator", "--name", "  ").status == 64)
        let listed = try await place.rows("token", "list", "--operators")
        let some = "audit:read directory:moderate operations:read"
        #expect(listed.compactMap { $0["scopes"] as? String } == ["\(some) operations:write", some])
        #expect(listed.compactMap { $0["operator"] as? String } == ["all", "some"])
        #expect(try await place.rows("token", "list").isEmpty, "they are no workspace's")
    }

    @Test("the name of an operator's token is who the operator is, and its tokens are inspected, rotated and revoked by their ids")
    func operatorsTokens() async throws {
        let place = Place(database: try await TestDatabase.make())
        let made = try await place.run("token", "create", "--operator", "--name", "Ann")
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await place.run("token", "create", "--operator", "--name", " ann ").status == 0)
        #expect(try await place.database.psql("select name from operators") == "ann\n")
        let shown = try await place.rows("token", "inspect", secret)[0]
        #expect(shown["operator"] as? String == "ann" && shown["state"] as? String == "valid")
        let id = try #require(shown["id"] as? String)
        #expect(try await place.run("token", "rotate", id, "--overlap", "1h").status == 0)
        let held = try await place.rows("token", "list", "--operators")
        #expect(held.count == 3 && held.allSatisfy { $0["operator"] as? String == "ann" && $0["workspace"] as? String == "default" })
        #expect(try await place.run("token", "revoke", id, "--yes").output == "revoked\n")
        #expect(try await place.rows("token", "inspect", secret)[0]["state"] as? String == "revoked")
    }

    @Test("a token that would be over before it begins is not made, nor one of a thousand years", arguments: ["0", "-1", "36501"])
    func lifetime(days: String) async throws {
        let place = Place(database: try await TestDatabase.make())
        let made = try await place.run("token", "create", "--name", "ci", "--days=\(days)")
        #expect(made.status == 64 && made.output.isEmpty && made.errors.contains("--days is a number from 1 to 36500"), "\(made.errors)")
        #expect(try await place.rows("token", "list").isEmpty)
    }

    @Test("without a database a token is looked at by its text alone, and one that nobody has is told from a good one")
    func inspecting() async throws {
        let place = Place(database: try await TestDatabase.make())
        let secret = try await place.run("token", "create", "--name", "ci").output.trimmingCharacters(in: .whitespacesAndNewlines)
        for result in [
            try await place.run("token", "inspect", secret, withDatabase: false), try await place.run("token", "inspect", secret, "--offline"),
        ] {
            #expect(result.status == 0 && result.output == "well formed, begins with \(secret.prefix(8))\n")
        }
        #expect(try await place.run("token", "inspect", "mst_nothing").status == 1)
        _ = try await place.database.psql("alter table tokens disable trigger all; delete from tokens")
        let unknown = try await place.run("token", "inspect", secret)
        #expect(unknown.status == 1 && unknown.output.contains("no such token"))
    }

    @Test("what an operator does to queues and dead letters is in the access log, by the name that the machine has")
    func operating() async throws {
        let place = Place(database: try await TestDatabase.make())
        for _ in 0..<2 { #expect(try await place.run("queues", "pause", "tickets", "--reason", "a look").status == 0) }
        for _ in 0..<2 { #expect(try await place.run("queues", "resume", "tickets").status == 0) }
        #expect(try await place.run("queues", "limits", "set", "tickets", "--running", "5").status == 0)
        for _ in 0..<2 { #expect(try await place.run("queues", "limits", "clear", "tickets").status == 0) }
        let ids = (0..<4).map { _ in UUID.version7() }
        for id in ids {
            _ = try await place.database.psql(
                """
                insert into dead_letters (workspace_id, id, kind, version, queue, attempts, code, error, history, body, accepted_at)
                values ('00000000-0000-7000-8000-000000000001', '\(id)', 'ticket.create', 1, 'tickets', 1, 'c', 'e', '[]', '{}', now())
                """)
        }
        for _ in 0..<2 { #expect(try await place.run("dead", "replay", ids[0].lowercased, "--by", "ann").status == 0) }
        for _ in 0..<2 { #expect(try await place.run("dead", "discard", ids[1].lowercased).status == 0) }
        #expect(try await place.run("dead", "replay", "--all", "--dry-run").status == 0)
        #expect(try await place.run("dead", "replay", "--code", "c", "--yes").status == 0)

        let told = try await place.told()
        let limits = ["queue.limited", "queue.unlimited"]
        let actions = ["queue.paused", "queue.resumed"] + limits + ["dead_letter.replayed", "dead_letter.discarded", "dead_letter.replayed"]
        #expect(told == actions.map { "\($0) operator \(Self.person)" })
        let subjects = try await place.database.psql(
            "select subject || ' ' || coalesce(details->>'count', '') from access_log order by sequence offset 4")
        #expect(subjects == "job:\(ids[0].lowercased) \njob:\(ids[1].lowercased) \ndead_letters:any 2\n")
    }
}
