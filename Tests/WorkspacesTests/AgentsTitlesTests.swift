import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("Titles in public", .timeLimit(.minutes(1)))
struct AgentsTitlesTests {
    /// Imports an agent under a title and publishes it.
    private static func publish(
        _ title: String, as name: String, _ ask: AgentsFixture.Asker, token: String = "acme"
    ) async throws -> AgentsFixture.Answer {
        let file = JSONValue.object([.init("name", .string(title))]).bytes()
        let id = try #require(try await ask(.post, "/v1/agents?name=\(name)", file, token: token).json["id"]?.string)
        return try await ask(.post, "/v1/agents/\(id)/publish", token: token)
    }

    /// Moves the database's time.
    private static func moveTime(by days: Int, _ fixture: AgentsFixture) async throws {
        _ = try await fixture.database.psql("update time_offset set amount = amount + interval '\(days) days'")
    }

    private static func folded(_ titles: [String], _ fixture: AgentsFixture) async throws -> [String?] {
        try await fixture.pool.query(
            .unscoped, "select folded_title(t) as folded from unnest($1::text[]) with ordinality as given (t, n) order by n", titles
        ).map { try $0.decode("folded", as: String?.self) }
    }

    @Test("are folded to what the eye takes them for")
    func fold() async throws {
        try await AgentsFixture.with { fixture in
            let same = [
                "Eliza", "ELIZA", "E.l.i.z.a!", "e-l i z a", "E1iza", "EIiza", "E|iza", "3liz4", "Élíza", "E\u{301}liza", "Ｅｌｉｚａ", "𝐄𝐥𝐢𝐳𝐚", "ⓔⓛⓘⓩⓐ",
                "\u{415}l\u{456}za", "\u{395}liza", "Ꭼⅼıza", "ꓰꓡꓲꓜꓮ", "El\u{200B}i\u{AD}za\u{FEFF}", "Eliza™", "Eliza ✓ 🚀", "\u{202E}Eliza",
            ]
            let forms = try await Self.folded(same, fixture)
            for (title, form) in zip(same, forms) { #expect(form == forms[0], "\(title)") }
            let pairs = [
                ("Walter", "VValter"), ("Barn", "Bam"), ("Привет", "ПРИВЕТ"), ("σοφος", "ΣΟΦΟΣ"), ("Zoë", "zoe"), ("B0T", "\u{412}\u{41E}\u{422}"),
            ]
            for (one, other) in pairs {
                let both = try await Self.folded([one, other], fixture)
                #expect(both[0] == both[1] && both[0] != nil, "\(one)")
            }
            let apart = try await Self.folded(["Eliza", "Elizas", "Elsa", "日本語", "日本", "नमस्ते", "नमस्ता", "Helper 2", "Helper 3"], fixture)
            #expect(Set(apart).count == apart.count)
            #expect(try await Self.folded(["!!!", "🔥", "", " "], fixture) == [nil, nil, nil, nil], "signs alone are like nothing")
            // As long as may be, of a letter that becomes eighteen: still fit for an index.
            let long = try await Self.folded([String(repeating: "\u{FDFA}", count: 100)], fixture)
            #expect(long[0]?.unicodeScalars.count == 200)
            let again = try await Self.folded(forms.compactMap { $0 }, fixture)
            #expect(again == forms, "what is folded is folded")
        }
    }

    @Test("with characters that are not seen, or of several alphabets in a word, are refused, and the problem names the place")
    func refused() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let unseen = try await Self.publish("Eli\u{200B}za", as: "unseen", ask)
                #expect(unseen.status == .unprocessableContent && unseen.json["type"] == "urn:mainstay:problem:title-misleads")
                #expect(unseen.pointers == ["#/name"])
                #expect(unseen.json["detail"]?.string?.contains("character 4, U+200B, is not seen") == true)
                let mixed = try await Self.publish("El\u{456}za", as: "mixed", ask)
                #expect(mixed.status == .unprocessableContent && mixed.json["detail"]?.string?.contains("mixes Latin and Cyrillic letters") == true)
                #expect(try await fixture.count("select count(*) from published_agents") == 0)
                #expect(try await fixture.count("select count(*) from published_versions") == 0)
            }
        }
    }

    @Test(
        "that another owner had for 30 days are marked, and not refused", arguments: [("Eliza", "E1iza"), ("Cope", "\u{421}\u{41E}\u{420}\u{415}")])
    func elder(title: String, copied: String) async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                #expect(try await Self.publish(title, as: "original", ask).json["resembles"] == nil)
                try await Self.moveTime(by: 31, fixture)
                #expect(try await Self.publish(title, as: "second", ask).json["resembles"] == nil, "one's own")
                let copy = try await Self.publish(copied, as: "copy", ask, token: "rival")
                #expect(copy.status == .ok && copy.json["looks_like"] == nil)
                #expect(copy.json["resembles"]?["owner"] == "acme" && copy.json["resembles"]?["name"] == "original")
                // The same again says the same, and a copy is nobody's model.
                #expect(try await Self.publish(copied, as: "copy", ask, token: "rival").json["resembles"]?["name"] == "original")
                try await Self.moveTime(by: 31, fixture)
                #expect(try await Self.publish(title, as: "third", ask).json["resembles"] == nil)
            }
        }
    }

    @Test("that others took a short time before are not marked, but for that of one whom many forked")
    func known() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("Eliza", as: "original", ask)
                try await Self.moveTime(by: 29, fixture)
                #expect(try await Self.publish("Eliza", as: "copy", ask, token: "rival").json["resembles"] == nil)
                _ = try await Self.publish("Walter", as: "walter", ask)
                _ = try await fixture.database.psql("update fork_counts set forks = 10")
                try await Self.moveTime(by: 1, fixture)
                #expect(try await Self.publish("WALTER", as: "w", ask, token: "rival").json["resembles"]?["name"] == "walter")
            }
        }
    }

    @Test("are compared at each publication: a title counts from when it was taken, however old the listing is")
    func taken() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("Walter", as: "late", ask, token: "rival")
                try await Self.moveTime(by: 100, fixture)
                _ = try await Self.publish("Eliza", as: "original", ask)
                try await Self.moveTime(by: 31, fixture)
                let late = try await Self.publish("Eliza", as: "late", ask, token: "rival")
                #expect(late.json["publication"]?["change"] == "created" && late.json["resembles"]?["name"] == "original")
                // And the mark goes with the title.
                #expect(try await Self.publish("Walter", as: "late", ask, token: "rival").json["resembles"] == nil)
                #expect(try await fixture.count("select count(*) from published_agents where resembles is not null") == 0)
                // The same title in other letters is no new one.
                #expect(try await Self.publish("ELIZA!", as: "original", ask).json["resembles"] == nil)
                #expect(try await Self.publish("Eliza", as: "late", ask, token: "rival").json["resembles"]?["name"] == "original")
            }
        }
    }

    @Test("a mark names what is there: the other one as it is called now, and nothing once it has gone, is hidden or has another title")
    func gone() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let original = try #require(try await Self.publish("Eliza", as: "original", ask).json["id"]?.string)
                try await Self.moveTime(by: 31, fixture)
                let copy = try #require(try await Self.publish("Eliza", as: "copy", ask, token: "rival").json["id"]?.string)
                func mark() async throws -> String? {
                    try await ask(.post, "/v1/agents/\(copy)/publish", token: "rival").json["resembles"]?["name"]?.string
                }
                #expect(try await mark() == "original")
                _ = try await ask(.patch, "/v1/agents/\(original)", #"{"name": "renamed"}"#)
                #expect(try await mark() == "renamed")

                let hidings = [
                    ("update published_agents set status = 'quarantined'", "update published_agents set status = 'active'"),
                    ("update workspaces set deleted_at = now(), purge_at = now()", "update workspaces set deleted_at = null, purge_at = null"),
                ]
                for (hide, show) in hidings {
                    let owner = hide.contains("published_agents") ? "owner" : "slug"
                    _ = try await fixture.database.psql("\(hide) where \(owner) = 'acme'")
                    #expect(try await mark() == nil, "\(hide)")
                    _ = try await fixture.database.psql("\(show) where \(owner) = 'acme'")
                    #expect(try await mark() == "renamed", "\(show)")
                }
                _ = try await fixture.database.psql("update published_agents set display_name = 'Walter' where owner = 'acme'")
                #expect(try await mark() == nil)
                _ = try await fixture.database.psql("update published_agents set display_name = 'Eliza' where owner = 'acme'")
                #expect(try await ask(.delete, "/v1/agents/\(original)/publish").status == .noContent)
                #expect(try await mark() == nil)
            }
        }
    }

    @Test(
        "of a marked one are a model once what it was like is gone, and not while that is hidden",
        arguments: [
            "delete from published_agents where name = 'original'", "update published_agents set display_name = 'Walter' where name = 'original'",
            "update published_agents set status = 'removed' where name = 'original'",
        ])
    func lapsed(end: String) async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await Self.publish("Eliza", as: "original", ask)
                try await Self.moveTime(by: 31, fixture)
                let copy = try await Self.publish("Eliza", as: "copy", ask, token: "rival")
                #expect(copy.json["resembles"]?["name"] == "original")
                try await Self.moveTime(by: 31, fixture)
                _ = try await fixture.database.psql("update published_agents set status = 'quarantined' where name = 'original'")
                let second = try await Self.publish("Eliza", as: "second", ask)
                #expect(second.status == .ok && second.json["resembles"] == nil)
                _ = try await fixture.database.psql("update published_agents set status = 'active' where name = 'original'")
                _ = try await fixture.database.psql(end)
                let third = try await Self.publish("Eliza", as: "third", ask)
                #expect(third.json["resembles"]?["owner"] == "rival" && third.json["resembles"]?["name"] == "copy")
                // Whose mark has lapsed has had the title since then, and so before the second one.
                try await Self.moveTime(by: 31, fixture)
                let next = try await Self.publish("Eliza", as: "next", ask, token: "rival")
                #expect(next.status == .ok && next.json["resembles"] == nil)
            }
        }
    }

    @Test("are looked up by the index, however many listings there are")
    func plan() async throws {
        try await AgentsFixture.with { fixture in
            let plan = try await fixture.database.psql(
                """
                set enable_seqscan = off;
                explain select listing_id from published_agents
                where folded_title(display_name) = folded_title('Eliza') and status in ('active', 'deprecated') and not is_withdrawn
                  and resembles is null and coalesce(titled_at, published_at) < now()
                order by coalesce(titled_at, published_at), listing_id limit 100;
                """)
            #expect(plan.contains("published_agents_title"), "\(plan)")
            let marked = try await fixture.database.psql(
                """
                set enable_seqscan = off;
                explain select listing_id from published_agents
                where folded_title(display_name) = folded_title('Eliza') and status in ('active', 'deprecated') and not is_withdrawn
                  and resembles is not null
                order by coalesce(titled_at, published_at), listing_id limit 100;
                """)
            #expect(marked.contains("published_agents_marked_title"), "\(marked)")
            let owners = try await fixture.database.psql(
                "set enable_seqscan = off; explain select 1 from published_agents where folded_agent_name(owner) = folded_agent_name('acme')")
            #expect(owners.contains("published_agents_folded_owner"), "\(owners)")
        }
    }
}
