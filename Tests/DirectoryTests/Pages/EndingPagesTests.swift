import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Ending something on a workspace's pages", .timeLimit(.minutes(1)))
struct EndingPagesTests {
    private typealias Fields = [(name: String, value: String?)]

    private static let yes: Fields = [(name: "confirmed", value: "yes")]

    private static func token(_ name: String, of fixture: PagesFixture, in workspace: UUID? = nil) async throws -> Token {
        let tokens = try await fixture.workspaces.tokens.list(workspace: workspace ?? fixture.directory.rival, limit: 10)
        return try #require(tokens.first { $0.name == name })
    }

    private static func address(_ token: Token) -> String { "/workspace/tokens/\(token.id.lowercased)/revoke" }

    @Test("a token is revoked by the page that says what will happen, and not before")
    func token() async throws {
        try await PagesFixture.with { fixture in
            _ = try await fixture.token("<ci>")
            try await fixture.signedIn { browser in
                let address = Self.address(try await Self.token("<ci>", of: fixture))
                #expect(try await browser.get("/workspace").links(address) == [address])
                let question = try await browser.get(address)
                #expect(question.status == .ok && question.text.contains("Revoke the token “&lt;ci&gt;”?"))
                for words in ["refused within a second", "It was never used.", "mainstay token rotate"] {
                    #expect(question.text.contains(words), "\(words)")
                }
                #expect(!question.text.contains("you are signed out") && question.links("/workspace").contains("/workspace"))
                // The same form without its yes, as an old page or another one would send it.
                let unsure = try await browser.act(address, from: address)
                #expect(unsure.status == .ok && unsure.text.contains("Revoke the token"))
                #expect(try await Self.token("<ci>", of: fixture).state == .valid)

                let done = try await browser.act(address, from: address, Self.yes)
                #expect(done.status == .seeOther && done.location == "/workspace?said=token-revoked")
                #expect(try await Self.token("<ci>", of: fixture).state == .revoked)
                let after = try await browser.get("/workspace?said=token-revoked")
                #expect(after.text.contains("The token is revoked") && after.links(address).isEmpty)
                let entry = "select count(*) from access_log where action = 'token.revoked' and actor_kind = 'token'"
                #expect(try await fixture.directory.count(entry) == 1)
            }
        }
    }

    @Test("who revokes the token of the session is told so, and is signed out")
    func ownToken() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.signedIn { browser in
                let address = Self.address(try await Self.token("rita", of: fixture))
                #expect(try await browser.get(address).text.contains("It is the token of this session: you are signed out."))
                #expect(try await browser.act(address, from: address, Self.yes).status == .seeOther)
                #expect(try await browser.get("/workspace").location == "/sign-in?next=%2Fworkspace")
            }
        }
    }

    @Test("nobody ends what is another workspace's, nothing is ended by another site, and a reader ends nothing")
    func rights() async throws {
        try await PagesFixture.with { fixture in
            _ = try await fixture.token("theirs", in: fixture.directory.acme)
            _ = try await fixture.token("ours")
            _ = try await fixture.operatorToken("ann", scopes: [.directoryModerate])
            let held = try #require(try await fixture.workspaces.operators.tokens(limit: 1).first?.token)
            let foreign = Self.address(try await Self.token("theirs", of: fixture, in: fixture.directory.acme))
            let own = Self.address(try await Self.token("ours", of: fixture))
            try await fixture.signedIn { browser in
                #expect(try await browser.get("/workspace").links(Self.address(held)).isEmpty)
                for address in [foreign, Self.address(held), "/workspace/tokens/\(UUID())/revoke", "/workspace/members/\(UUID())/remove"] {
                    #expect(try await browser.get(address).status == .notFound, "\(address)")
                    #expect(try await browser.act(address, from: "/workspace", Self.yes).status == .notFound, "\(address)")
                }
                let word: Fields = [(name: "form", value: try await browser.get(own).field("form"))]
                let form = Self.yes + word
                #expect(try await browser.post(own, form, headers: [.secFetchSite: "cross-site"]).status == .forbidden)
                #expect(try await browser.post(own, Self.yes).status == .forbidden)
            }
            try await fixture.signedIn(scopes: [.agentsRead]) { reader in
                for address in [own, "/workspace/delete", "/workspace/members/\(UUID())/remove"] {
                    let shown = try await reader.get(address).status
                    #expect(shown == .forbidden, "\(address)")
                    let acted = try await reader.act(address, from: "/workspace", Self.yes).status
                    #expect(acted == .forbidden, "\(address)")
                }
                let links = try await reader.get("/workspace").links("/workspace/delete")
                #expect(links.isEmpty)
            }
            #expect(try await fixture.directory.count("select count(*) from tokens where revoked_at is not null") == 0)
            #expect(try await fixture.directory.count("select count(*) from workspaces where deleted_at is not null") == 0)
        }
    }

    @Test("a member is removed after a question, and the last owner stays")
    func member() async throws {
        try await PagesFixture.with { fixture in
            let rival = fixture.directory.rival
            for (name, role) in [("Ann <b>", "owner"), ("Bob", "member")] {
                _ = try await fixture.directory.database.psql(
                    """
                    with made as (insert into users (id, name) values (gen_random_uuid(), '\(name)') returning id)
                    insert into members (workspace_id, user_id, role) select '\(rival)', id, '\(role)' from made
                    """)
            }
            try await fixture.signedIn { browser in
                let page = try await browser.get("/workspace")
                #expect(page.links("/workspace/members/").count == 2)
                var questions: [String: String] = [:]
                for link in page.links("/workspace/members/") {
                    let text = try await browser.get(link).text
                    for name in ["Ann &lt;b&gt;", "Bob"] where text.contains("Remove \(name) from the workspace?") { questions[name] = link }
                }
                let (owner, bob) = (try #require(questions["Ann &lt;b&gt;"]), try #require(questions["Bob"]))
                let refused = try await browser.act(owner, from: owner, Self.yes)
                #expect(refused.status == .conflict && refused.text.contains("last owner"))
                #expect(try await browser.act(bob, from: bob).status == .ok)
                #expect(try await fixture.directory.count("select count(*) from members where workspace_id = '\(rival)'") == 2)
                #expect(try await browser.act(bob, from: bob, Self.yes).location == "/workspace?said=member-removed")
                #expect(try await browser.get("/workspace").links("/workspace/members/") == [owner])
            }
        }
    }

    @Test("who may remove nobody is shown the way out of the workspace, and nobody else's", arguments: [true, false])
    func leaving(_ isLast: Bool) async throws {
        try await PagesFixture.with { fixture in
            let (rival, place) = (fixture.directory.rival, UUID())
            _ = try await fixture.directory.database.psql(
                """
                insert into users (id, name) values ('\(place)', 'Vera'), (gen_random_uuid(), 'Ann');
                insert into members (workspace_id, user_id, role)
                select '\(rival)', id, case when name = 'Vera' and not \(isLast) then 'viewer' when name = 'Ann' and \(isLast) then 'viewer'
                  else 'owner' end from users where name in ('Vera', 'Ann')
                """)
            let made = try await fixture.workspaces.tokens.create(
                workspace: rival, user: place, name: "vera", scopes: [.agentsRead, .membersRead], by: .system("test"))
            let secret = try #require(made.secret?.text)
            try await fixture.browsing { browser in
                try await browser.signIn(secret)
                let links = try await browser.get("/workspace").links("/workspace/members/")
                #expect(links.count == 1)
                let own = try #require(links.first)
                let question = try await browser.get(own)
                #expect(question.text.contains("This is you: you leave.") && question.text.contains("Remove Vera from the workspace?"))
                let other = try await fixture.directory.database.psql(
                    "select m.id from members m join users u on u.id = m.user_id where u.name = 'Ann'"
                ).trimmingCharacters(in: .whitespacesAndNewlines)
                let refused = try await browser.act("/workspace/members/\(other)/remove", from: own, Self.yes)
                #expect(refused.status == .forbidden && refused.text.contains("members:admin"))
                let left = try await browser.act(own, from: own, Self.yes)
                #expect(left.status == (isLast ? .conflict : .seeOther))
                if !isLast { #expect(try await browser.get("/workspace").location == "/sign-in?next=%2Fworkspace") }
            }
            #expect(try await fixture.directory.count("select count(*) from members where workspace_id = '\(rival)'") == (isLast ? 2 : 1))
        }
    }

    @Test("a workspace is deleted by whoever types its name, and by nobody else")
    func workspace() async throws {
        try await PagesFixture.with { fixture in
            let deleted = "select count(*) from workspaces where deleted_at is not null"
            try await fixture.signedIn { browser in
                #expect(try await browser.get("/workspace").links("/workspace/delete") == ["/workspace/delete"])
                let question = try await browser.get("/workspace/delete")
                for words in ["Delete the workspace Rival?", "For 30 days", "mainstay workspace export rival", "<code>rival</code>"] {
                    #expect(question.text.contains(words), "\(words)")
                }
                for word in [nil, "", "Rival", "acme"] {
                    let wrong = try await browser.act("/workspace/delete", from: "/workspace/delete", Self.yes + [(name: "word", value: word)])
                    #expect(wrong.status == .unprocessableContent && wrong.text.contains("Nothing was done"), "\(word ?? "nothing")")
                    #expect(wrong.text.contains("aria-invalid=\"true\""))
                }
                #expect(try await fixture.directory.count(deleted) == 0)
                let right: Fields = [(name: "word", value: "rival")]
                let done = try await browser.act("/workspace/delete", from: "/workspace/delete", Self.yes + right)
                #expect(done.status == .ok && done.text.contains("Rival is deleted") && done.text.contains("/v1/workspace/restore"))
                #expect(try await fixture.directory.count("\(deleted) and slug = 'rival'") == 1)
                #expect(try await browser.get("/workspace").status == .seeOther)
            }
        }
    }
}
