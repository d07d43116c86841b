import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Titles that look like others, as readers see them", .timeLimit(.minutes(1)))
struct ResemblingTitleTests {
    /// Publishes `acme/eliza`, and a month later `rival/helper`, whose title looks the same; returns the ids.
    private static func both(_ fixture: DirectoryFixture) async throws -> (original: UUID, copy: UUID) {
        let original = try await fixture.publish(#"{"name": "Eliza"}"#)
        _ = try await fixture.database.psql("update time_offset set amount = interval '31 days'")
        let file = try CharacterFile(Array(#"{"name": "E1iza"}"#.utf8))
        let copy = try await fixture.desk.take(
            file, as: try #require(AgentName("helper")), changelog: "", workspace: fixture.rival, idempotency: nil
        ).detail.agent.id
        _ = try await fixture.desk.publish(copy, workspace: fixture.rival)
        // Tokens and sessions are of today.
        _ = try await fixture.database.psql("update time_offset set amount = interval '0'")
        return (original, copy)
    }

    @Test("the API tells whose title it is, in every list and on its own, and nothing once that one has gone")
    func answers() async throws {
        try await DirectoryFixture.with { fixture in
            let (original, _) = try await Self.both(fixture)
            try await fixture.asking { ask in
                let lists = ["/v1/directory?q=e1iza", "/v1/directory", "/v1/directory?sort=forks", "/v1/directory?owner=rival"]
                func marks() async throws -> [String?] {
                    let shown = try await ask(.get, "/v1/agents/rival/helper", token: nil).json
                    var found = [Self.mark(shown)]
                    for list in lists {
                        let items = try await ask(.get, list, token: nil).json["items"]?.elements ?? []
                        let item = try #require(items.first { $0["owner"]?.string == "rival" }, "\(list)")
                        found.append(Self.mark(item))
                        #expect(items.allSatisfy { $0["owner"]?.string == "rival" || $0["resembles"] == nil }, "\(list)")
                    }
                    return found
                }
                #expect(try await marks() == Array(repeating: "acme/eliza", count: 5))
                _ = try await fixture.desk.rename(original, to: try #require(AgentName("first")), workspace: fixture.acme)
                #expect(try await marks() == Array(repeating: "acme/first", count: 5))
                try await fixture.desk.unpublish(original, workspace: fixture.acme)
                #expect(try await marks() == Array(repeating: nil, count: 5))
            }
        }
    }

    private static func mark(_ listing: JSONValue) -> String? {
        guard let mark = listing["resembles"] else { return nil }
        return "\(mark["owner"]?.string ?? "?")/\(mark["name"]?.string ?? "?")"
    }

    @Test("the list, the page and the form by which it is forked say it in words, and link to the other")
    func pages() async throws {
        try await PagesFixture.with { fixture in
            _ = try await Self.both(fixture.directory)
            let link = "<a href=\"/agents/acme/eliza\">acme/eliza</a>"
            let words = "The title looks the same as that of \(link), another owner’s agent, which had it first."
            try await fixture.signedIn { browser in
                for path in ["/agents?owner=rival", "/agents?q=e1iza&owner=rival", "/agents/rival/helper"] {
                    let page = try await browser.get(path)
                    #expect(page.text.contains(words), "\(path)")
                    #expect(!page.text.contains("published by its owner"), "\(path)")
                }
                let form = try await browser.get("/agents/rival/helper/fork")
                #expect(form.status == .ok && form.text.contains(words))
                let original = try await browser.get("/agents/acme/eliza")
                #expect(!original.text.contains("looks the same") && original.text.contains("published by its owner"))
            }
        }
    }

    @Test("a fork of the very agent is not marked: its page says where it came from")
    func fork() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            _ = try await fixture.database.psql("update time_offset set amount = interval '31 days'")
            let result = try await fixture.handle(ForkAgent(owner: "acme", name: "eliza", forkName: "mine"))
            let fork = try #require(UUID(uuidString: result.agent))
            _ = try await fixture.desk.publish(fork, workspace: fixture.rival)
            try await fixture.asking { ask in
                let shown = try await ask(.get, "/v1/agents/rival/mine", token: nil).json
                #expect(shown["display_name"] == "Eliza" && shown["resembles"] == nil && shown["forked_from"]?["name"] == "eliza")
            }
        }
    }
}
