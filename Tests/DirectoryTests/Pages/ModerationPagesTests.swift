import Foundation
import HTTPTypes
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Moderating by pages", .timeLimit(.minutes(1)))
struct ModerationPagesTests {
    private typealias Fields = [(name: String, value: String?)]

    private static let report = "/agents/acme/eliza/report"

    private static func decision(_ word: String, facts: String = "It sends <keys> away.", confirmed: String? = "yes") -> Fields {
        [
            (name: "decision", value: word), (name: "ground", value: "malware"), (name: "facts", value: facts),
            (name: "confirmed", value: confirmed),
        ]
    }

    private static func reported(_ browser: PageBrowser) async throws -> String {
        let sent = try await browser.act(report, from: report, [(name: "reason", value: "malware"), (name: "text", value: "It sends <keys>.")])
        #expect(sent.status == .ok)
        return try #require(sent.links("/reports/").first)
    }

    /// A browser of an operator who has signed in.
    private static func operating(
        _ fixture: PagesFixture, _ browser: PageBrowser, name: String = "ann", scopes: Set<Scope> = [.directoryModerate]
    ) async throws -> PageBrowser {
        let other = await browser.other()
        let token = try await fixture.operatorToken(name, scopes: scopes)
        _ = try await other.act("/moderation/sign-in", from: "/moderation/sign-in", [(name: "token", value: token)])
        return other
    }

    @Test("a report is decided from the queue; its reporter and the owner read what came of it, and the owner appeals")
    func way() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            let owner = try await fixture.token("owner", in: fixture.directory.acme)
            try await fixture.browsing { browser in
                let state = try await Self.reported(browser)
                let ann = try await Self.operating(fixture, browser)
                let queue = try await ann.get("/moderation")
                #expect(queue.status == .ok && queue.text.contains("acme/eliza") && queue.text.contains("malware 1"))
                let place = try #require(queue.links("/moderation/").first)
                let shown = try await ann.get(place)
                #expect(shown.text.contains("It sends &lt;keys&gt;.") && shown.text.contains("Reports about acme/eliza"))
                let decided = try await ann.act("\(place)/decision", from: place, Self.decision("remove"))
                #expect(decided.status == .seeOther && decided.location == "/moderation?said=decided")
                #expect(try await ann.get("/moderation?said=decided").text.contains("Nothing waits"))
                #expect(try await ann.get(place).text.contains("It was removed."))
                #expect(try await browser.get(state).text.contains("The agent was removed from the directory."))
                let log = try await browser.get("/removals")
                #expect(log.status == .ok && log.text.contains("<th scope=\"row\">acme/eliza</th>") && log.text.contains(">Removed<"))
                #expect(log.text.contains("none decided") && !log.text.contains("keys"), "the facts are the owner's")
                let tag = try #require(log.headers[.eTag])
                #expect(try await browser.get("/removals", headers: [.ifNoneMatch: tag]).status == .notModified)
                #expect(try await browser.get("/agents").links("/removals") == ["/removals"])

                try await browser.signIn(owner)
                let decisions = "/workspace/agents/\(agent.uuidString.lowercased())/decisions"
                let own = try await browser.get("/workspace/agents/\(agent.uuidString.lowercased())")
                #expect(own.links(decisions) == [decisions])
                let statement = try await browser.get(decisions)
                #expect(statement.text.contains("It sends &lt;keys&gt; away.") && statement.text.contains("directory-rules/malware"))
                let appeals = "/workspace/agents/\(agent.uuidString.lowercased())/appeals"
                let empty = try await browser.act(appeals, from: decisions, [(name: "text", value: " ")])
                #expect(empty.status == .unprocessableContent && empty.text.contains("The text is empty."))
                let sent = try await browser.act(appeals, from: decisions, [(name: "text", value: "It is not so.")])
                #expect(sent.location == "\(decisions)?said=appealed")
                let after = try await browser.get(decisions)
                #expect(after.text.contains("It is not so.") && !after.text.contains("Send the appeal"))
                let again = try await browser.act(appeals, from: decisions, [(name: "text", value: "Again.")])
                #expect(again.status == .conflict && again.text.contains("waits for its decision"))

                // Whoever decided first does not decide about the appeal.
                let appeal = try #require(try await ann.get("/moderation").links("/moderation/").first)
                let same = try await ann.act("\(appeal)/decision", from: appeal, Self.decision("restore"))
                #expect(same.status == .forbidden && same.text.contains("a decision of yours"))
                #expect(same.text.contains("value=\"restore\" required checked"), "what was chosen stays")
                let another = try await Self.operating(fixture, browser)
                let other = try await another.act("\(appeal)/decision", from: appeal, Self.decision("restore"))
                #expect(other.status == .forbidden, "with another token it is ann all the same")
                let bob = try await Self.operating(fixture, browser, name: "bob")
                #expect(try await bob.act("\(appeal)/decision", from: appeal, Self.decision("restore", confirmed: nil)).status == .seeOther)
                #expect(try await browser.get(decisions).text.contains("the decision was taken back"))
                #expect(try await browser.get("/removals").text.contains("the decision was taken back"))
            }
        }
    }

    @Test(
        "what takes something from an owner is decided on a second page, which says what will happen, and not before",
        arguments: [ModerationDecision.deprecate, .quarantine, .remove])
    func confirmed(decision: ModerationDecision) async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.browsing { browser in
                _ = try await Self.reported(browser)
                let ann = try await Self.operating(fixture, browser)
                let place = try #require(try await ann.get("/moderation").links("/moderation/").first)
                let question = try await ann.act("\(place)/decision", from: place, Self.decision(decision.rawValue, confirmed: nil))
                #expect(question.status == .ok && question.text.contains("\(decision.label) acme/eliza?"))
                #expect(question.text.contains("It sends &lt;keys&gt; away.") && question.text.contains("may appeal within 180 days"))
                #expect(question.text.contains("in the public log") == (decision != .deprecate))
                #expect(question.field("decision") == decision.rawValue && question.field("ground") == "malware")
                #expect(try await fixture.directory.count("select count(*) from agent_cases where decided_at is not null") == 0)

                let changed = try await ann.act("\(place)/decision", from: place, Self.decision(decision.rawValue, confirmed: "no"))
                #expect(changed.text.contains("value=\"\(decision.rawValue)\" required checked"))
                #expect(changed.text.contains("It sends &lt;keys&gt; away."))
                #expect(!changed.text.contains("Nothing was decided."))
                #expect(try await fixture.directory.count("select count(*) from agent_cases where decided_at is not null") == 0)

                // The button of that page, with what the page keeps.
                let kept: Fields = ["form", "decision", "ground", "rule"].map { (name: $0, value: question.field($0)) }
                let more: Fields = [(name: "facts", value: "It sends."), (name: "confirmed", value: "yes")]
                let done = try await ann.post("\(place)/decision", kept + more)
                #expect(done.location == "/moderation?said=decided")
                #expect(try await fixture.directory.count("select count(*) from agent_cases where decided_at is not null") == 1)
            }
        }
    }

    @Test("nobody else sees the queue, and no form that these pages did not give decides anything")
    func rights() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            try await fixture.signedIn { visitor in
                _ = try await Self.reported(visitor)
                let door = try await visitor.get("/moderation?cursor=x")
                #expect(door.status == .seeOther && door.location == "/moderation/sign-in?next=%2Fmoderation%3Fcursor%3Dx")
                let reader = try await Self.operating(fixture, visitor, name: "rea", scopes: [.operationsRead])
                #expect(try await reader.get("/moderation").status == .seeOther)
                let ann = try await Self.operating(fixture, visitor)
                let place = try #require(try await ann.get("/moderation").links("/moderation/").first)
                let foreign = try await visitor.get("/workspace").field("form")
                let forged = Self.decision("remove") + [(name: "form", value: foreign)]
                #expect(try await ann.post("\(place)/decision", forged).status == .forbidden, "another session's word")
                let word = try await ann.get(place).field("form")
                let own = Self.decision("remove") + [(name: "form", value: word)]
                #expect(try await ann.post("\(place)/decision", own, headers: [.secFetchSite: "cross-site"]).status == .forbidden)
                let wrong = try await ann.act("\(place)/decision", from: place, Self.decision("erase", facts: " "))
                #expect(wrong.status == .unprocessableContent && wrong.text.contains("Say what is decided") && wrong.text.contains("What was found:"))
                #expect(try await fixture.directory.count("select count(*) from agent_cases where decided_at is not null") == 0)
                #expect(try await ann.act("/moderation/sign-out", from: "/moderation").location == "/moderation/sign-in")
                #expect(try await ann.get("/moderation").status == .seeOther)
                #expect(try await ann.get("/moderation/sign-in").status == .ok)
            }
        }
    }

    @Test("another workspace's decisions answer as those of an agent that never was; who may not write sees no form")
    func owners() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0").uuidString.lowercased()
            let reader = try await fixture.token("reader", in: fixture.directory.acme, scopes: [.agentsRead])
            try await fixture.signedIn { rival in
                _ = try await Self.reported(rival)
                let ann = try await Self.operating(fixture, rival)
                let place = try #require(try await ann.get("/moderation").links("/moderation/").first)
                _ = try await ann.act("\(place)/decision", from: place, Self.decision("deprecate"))
                for id in [agent, UUID().uuidString.lowercased()] {
                    #expect(try await rival.get("/workspace/agents/\(id)/decisions").status == .notFound)
                    let appeal = try await rival.act("/workspace/agents/\(id)/appeals", from: "/workspace", [(name: "text", value: "x")])
                    #expect(appeal.status == .notFound)
                }
                let other = await rival.other()
                try await other.signIn(reader)
                let shown = try await other.get("/workspace/agents/\(agent)/decisions")
                #expect(shown.text.contains("It was deprecated") && !shown.text.contains("Send the appeal") && shown.text.contains("agents:write"))
            }
        }
    }

    @Test("the owner of a fork is told of its origin's removal, and marks the notice as read")
    func notices() async throws {
        try await PagesFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            let rival = fixture.directory.rival
            _ = try await fixture.directory.handle(ForkAgent(owner: "acme", name: "eliza", forkName: "mine"), workspace: rival)
            try await fixture.signedIn { browser in
                _ = try await Self.reported(browser)
                let ann = try await Self.operating(fixture, browser)
                let place = try #require(try await ann.get("/moderation").links("/moderation/").first)
                _ = try await ann.act("\(place)/decision", from: place, Self.decision("remove"))
                let before = try await browser.get("/workspace")
                #expect(!before.text.contains("Notices"))
                let removal = try await fixture.directory.database.psql("select id from agent_removals where agent_id = '\(agent)'")
                let id = try #require(UUID(uuidString: removal.trimmingCharacters(in: .whitespacesAndNewlines)))
                let told = try await fixture.directory.pool.transaction(.workspaces([rival])) { transaction in
                    try await NoticeStore.write(of: id, workspace: rival, in: transaction)
                }
                #expect(told == 1)
                let page = try await browser.get("/workspace")
                #expect(page.text.contains("acme/eliza, which it was forked from, was removed for malware."))
                let action = try #require(page.text.firstMatch(of: #/action="(\/workspace\/notices\/[^"]+\/read)"/#)).output.1
                let read = try await browser.act(String(action), from: "/workspace")
                #expect(read.location == "/workspace?said=notice-read")
                let after = try await browser.get("/workspace")
                #expect(after.text.contains("acme/eliza, which") && !after.text.contains("Mark as read"))
                #expect(try await browser.act("/workspace/notices/\(UUID())/read", from: "/workspace").status == .notFound)
            }
        }
    }

    @Test("signing in leads to a page of these, whatever the address says")
    func next() {
        for good in ["/moderation", "/moderation?cursor=a", "/moderation/x"] { #expect(ModerationPages.safe(good) == good) }
        for bad in [nil, "", "/moderations", "//evil.example/moderation", "/workspace", "/moderation/sign-in", "/moderation\r\nX: y"] {
            #expect(ModerationPages.safe(bad) == "/moderation", "\(bad ?? "nothing")")
        }
    }
}
