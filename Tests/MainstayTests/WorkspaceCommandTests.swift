import Foundation
import TestSupport
import Testing

/// The command as an operator runs it, on a database of its own.
@Suite(.timeLimit(.minutes(2))) struct WorkspaceCommandTests {
    private struct Place: Sendable {
        let database: TestDatabase
        var multiUser = true

        func run(_ arguments: String...) async throws -> Program.Result {
            try await Program.run(
                ["workspace"] + arguments,
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": "/tmp", "MAINSTAY_DATABASE_URL": database.serverURL, "MAINSTAY_MULTI_USER": "\(multiUser)",
                ])
        }

        /// The rows of a command's JSON.
        func rows(_ arguments: String...) async throws -> [[String: Any]] {
            let result = try await Program.run(
                ["workspace"] + arguments + ["--json"],
                environment: [
                    "PATH": "/usr/bin:/bin", "HOME": "/tmp", "MAINSTAY_DATABASE_URL": database.serverURL, "MAINSTAY_MULTI_USER": "\(multiUser)",
                ])
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
            #expect(object["version"] as? Int == 1)
            return try #require(object["rows"] as? [[String: Any]])
        }

        /// Somebody in acme, as an invitation would bring it in.
        func join(_ name: String, as role: String) async throws {
            _ = try await database.psql(
                """
                with made as (insert into users (id, name, email) values (gen_random_uuid(), '\(name)', '\(name)@acme.example') returning id)
                insert into members (workspace_id, user_id, role) select w.id, made.id, '\(role)' from workspaces w, made where w.slug = 'acme'
                """)
        }
    }

    @Test("a workspace is made, peopled, handed over, deleted and restored")
    func life() async throws {
        let place = Place(database: try await TestDatabase.make())
        let made = try await place.run("create", "Acme Labs", "--slug", "acme")
        #expect(made.status == 0 && made.output == "acme\n")
        #expect(try await place.rows("create", "Other")[0]["slug"] as? String == "other")

        let invited = try await place.run("invite", "acme", "--role", "owner", "--email", "ann@acme.example")
        #expect(invited.status == 0 && invited.output.hasPrefix("msi_") && invited.errors.contains("not shown again"))
        let invitation = try #require(try await place.rows("invite", "acme", "--days", "1").first)
        #expect((invitation["token"] as? String)?.hasPrefix("msi_") == true && invitation["role"] as? String == "member")
        let id = try #require(invitation["id"] as? String)
        let kept = try await place.run("revoke", "acme", id)
        #expect(kept.status == 1 && kept.errors.contains("--yes"))
        #expect(try await place.rows("invitations", "acme").map { $0["state"] as? String } == ["open", "open"])
        #expect(try await place.run("revoke", "acme", id, "--yes").status == 0)
        #expect(try await place.rows("invitations", "acme").map { $0["state"] as? String } == ["revoked", "open"])

        for (name, role) in [("ann", "owner"), ("bob", "member"), ("cid", "viewer")] { try await place.join(name, as: role) }
        #expect(try await place.rows("members", "acme").count == 3)
        #expect(try await place.rows("set-role", "acme", "BOB@acme.example", "maintainer")[0]["role"] as? String == "maintainer")
        let last = try await place.run("set-role", "acme", "ann@acme.example", "viewer")
        #expect(last.status == 1 && last.errors.contains("last owner"))
        #expect(try await place.run("set-role", "acme", "ann@acme.example", "king").status == 64)

        let asked = try await place.run("transfer", "acme", "bob@acme.example")
        #expect(asked.status == 1 && asked.errors.contains("--yes"))
        let moved = try await place.rows("transfer", "acme", "bob@acme.example", "--yes")
        let roles = Dictionary(uniqueKeysWithValues: moved.map { ($0["name"] as? String, $0["role"] as? String) })
        #expect(roles == ["ann": "maintainer", "bob": "owner", "cid": "viewer"])
        #expect(try await place.run("remove-member", "acme", "cid@acme.example").status == 1)
        #expect(try await place.run("remove-member", "acme", "cid@acme.example", "--yes").status == 0)
        #expect(try await place.run("remove-member", "acme", "cid@acme.example", "--yes").status == 64)

        let rehearsed = try await place.run("delete", "acme")
        #expect(rehearsed.status == 1 && rehearsed.errors.contains("2 members"))
        #expect(try await place.rows("list").map { $0["state"] as? String } == ["in use", "in use", "in use"])
        let deleted = try await place.rows("delete", "acme", "--days", "7", "--yes")[0]
        #expect(deleted["state"] as? String == "deleted" && deleted["purged_from"] as? String != nil)
        #expect(try await place.rows("restore", "acme")[0]["state"] as? String == "in use")
        #expect(try await place.run("delete", "default", "--yes").status == 1)
        #expect(try await place.run("delete", "acme", "--days", "1000", "--yes").status == 64)
        #expect(try await place.run("delete", "nowhere", "--yes").status == 64)
    }

    @Test("a slug that looks like an owner's is refused, unless an operator allows it")
    func lookAlike() async throws {
        let place = Place(database: try await TestDatabase.make())
        #expect(try await place.run("create", "Acme").status == 0)
        _ = try await place.database.psql(
            """
            insert into reserved_names (owner, name, publisher_id, agent_id) select 'acme', 'helper', id, gen_random_uuid() from workspaces
            where slug = 'acme'
            """)
        let refused = try await place.run("create", "Acrne")
        #expect(refused.status == 1 && refused.errors.contains("\"acme\"") && refused.errors.contains("--allow-look-alike"), "\(refused.errors)")
        #expect(try await place.run("create", "Another", "--slug", "ac-me").status == 1)
        let allowed = try await place.run("create", "Acrne", "--allow-look-alike")
        #expect(allowed.status == 0 && allowed.output == "acrne\n")
        let told = try await place.database.psql("select details ->> 'looks_like' from access_log where details ->> 'slug' = 'acrne'")
        #expect(told == "acme\n")
    }

    @Test("an export is written line by line, to a file that is its owner's alone")
    func export() async throws {
        let place = Place(database: try await TestDatabase.make(), multiUser: false)
        let printed = try await place.run("export", "default")
        #expect(printed.status == 0 && printed.errors.contains("1 row"))
        let line = try #require(try JSONSerialization.jsonObject(with: Data(printed.output.utf8)) as? [String: Any])
        #expect(line["table"] as? String == "workspaces" && (line["row"] as? [String: Any])?["slug"] as? String == "default")
        let file = try TestFolder.make("workspace") + ".ndjson"
        #expect(try await place.run("export", "default", "--output", file).status == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == printed.output)
        // In decimal: what the number is called differs between platforms.
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
        #expect(mode.map { "\($0)" } == "\(0o600)")
    }

    @Test("a person is erased only with a yes, and not while it owns a workspace alone")
    func erasing() async throws {
        let place = Place(database: try await TestDatabase.make())
        _ = try await place.run("create", "Acme")
        try await place.join("ann", as: "owner")
        try await place.join("bob", as: "member")
        let told = try await place.run("export-person", "bob@acme.example")
        let tables = told.output.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["table"] as? String
        }
        #expect(told.status == 0 && tables == ["users", "members", "access_log"] && told.errors.contains("3 rows"))
        #expect(try await place.run("export-person", "nobody@acme.example").status == 64)
        #expect(try await place.run("erase-person", "bob@acme.example").status == 1)
        #expect(try await place.database.psql("select count(*) from users where name = 'bob'") == "1\n")
        #expect(try await place.rows("erase-person", "bob@acme.example", "--yes")[0]["workspaces_left"] as? Int == 1)
        #expect(try await place.database.psql("select count(*) from users where name = 'bob'") == "0\n")
        let last = try await place.run("erase-person", "ann@acme.example", "--yes")
        #expect(last.status == 1 && last.errors.contains("acme"))
        #expect(try await place.run("erase-person", "nobody@acme.example", "--yes").status == 64)
    }

    @Test("the default workspace has members without multi-user: they are added once, given another role, and removed")
    func membersOfDefault() async throws {
        let place = Place(database: try await TestDatabase.make(), multiUser: false)
        for email in ["ann@acme.example", "ann@acme.example", "ANN@acme.example"] {
            let rows = try await place.rows("add-member", "default", "--email", email, "--role", "maintainer")
            #expect(rows.count == 1 && rows[0]["name"] as? String == "ann" && rows[0]["role"] as? String == "maintainer", "\(email)")
        }
        #expect(try await place.database.psql("select count(*) || ' ' || (select count(*) from members) from users") == "1 1\n")
        #expect(
            try await place.database.psql("select action || ' ' || actor_kind from access_log where action like 'member.%'")
                == "member.joined operator\n")
        #expect(try await place.rows("add-member", "default", "--email", "bob@acme.example", "--name", "Bob B.")[0]["role"] as? String == "member")

        let other = try await place.run("add-member", "default", "--email", "ann@acme.example", "--role", "owner")
        #expect(other.status == 64 && other.errors.contains("mainstay workspace set-role default"), "\(other.errors)")
        #expect(try await place.run("add-member", "default", "--email", "ann").status == 64)
        #expect(try await place.run("add-member", "default", "--email", "ann@acme.example", "--role", "king").status == 64)
        #expect(try await place.rows("set-role", "default", "ann@acme.example", "viewer")[0]["role"] as? String == "viewer")
        #expect(try await place.run("remove-member", "default", "ann@acme.example", "--yes").status == 0)
        #expect(try await place.rows("members", "default").map { $0["name"] as? String } == ["Bob B."])
        // Somebody whose address is known comes back as the user that it was.
        #expect(try await place.rows("add-member", "default", "--email", "ann@acme.example").count == 1)
        #expect(try await place.database.psql("select count(*) from users") == "2\n")
    }

    @Test("with multi-user off it is said what to set, and nothing is changed")
    func multiUserOff() async throws {
        let place = Place(database: try await TestDatabase.make(), multiUser: false)
        for arguments in [
            ["create", "Acme"], ["invite", "default"], ["restore", "default"], ["add-member", "acme", "--email", "ann@acme.example"],
            ["set-role", "acme", "ann@acme.example", "viewer"], ["remove-member", "acme", "ann@acme.example", "--yes"],
        ] {
            let result = try await Program.run(
                ["workspace"] + arguments,
                environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp", "MAINSTAY_DATABASE_URL": place.database.serverURL])
            #expect(result.status == 1 && result.errors.contains("MAINSTAY_MULTI_USER=true"), "\(arguments)")
        }
        #expect(try await place.database.psql("select count(*) from invitations") == "0\n")
        #expect(try await place.rows("list").count == 1)
    }
}
