import Foundation
import HTTPTypes
import Jobs
import Logging
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("What the watch sees of pages", .timeLimit(.minutes(1)))
struct PageWatchTests {
    /// Three of anything are too many, and told of.
    private static func oversight(of fixture: PagesFixture, _ change: (inout WatchRules) -> Void = { _ in }) -> AccessOversight {
        var rules = WatchRules()
        for signal in [\WatchRules.idWalking, \.foreignWorkspaces, \.refusedTokens, \.forkBurst] {
            rules[keyPath: signal] = WatchRule(threshold: 3, window: .seconds(600), response: .alert, period: .seconds(600))
        }
        change(&rules)
        return AccessOversight(pool: fixture.directory.pool, keys: .none, rules: rules, logger: Logger(label: "test.watch"))
    }

    @Test("whoever is signed in and walks along ids is locked out as the token would be, and nobody else is")
    func walking() async throws {
        try await PagesFixture.with { fixture in
            let oversight = Self.oversight(of: fixture) { $0.idWalking.response = .lock }
            let other = try await fixture.token("other")
            try await fixture.signedIn(under: oversight) { browser in
                for path in ["agents/\(UUID().lowercased)", "forks/\(UUID().lowercased)", "tokens/\(UUID().lowercased)/revoke"] {
                    let answer = try await browser.get("/workspace/\(path)")
                    #expect(answer.status == .notFound, "\(path)")
                }
                let locked = try await browser.get("/workspace")
                #expect(locked.status == .tooManyRequests && locked.text.contains("looks abnormal"))
                let second = await browser.other()
                try await second.signIn(other)
                let open = try await second.get("/workspace")
                #expect(open.status == .ok)
            }
            let events = oversight.watch.queue.take().events
            #expect(events.map(\.signal) == [.idWalking] && events.map(\.response) == [.lock])
            #expect(events.first?.subject.workspace == fixture.directory.rival)
        }
    }

    @Test("a token that is shown at a sign-in and refused counts for where it came from, whichever pages it is")
    func refusedTokens() async throws {
        try await PagesFixture.with { fixture in
            let oversight = Self.oversight(of: fixture)
            try await fixture.browsing(under: oversight) { browser in
                for _ in 0..<4 {
                    let empty = try await browser.signIn("")
                    #expect(empty.status == .unauthorized)
                }
                for page in ["/sign-in", "/moderation/sign-in"] {
                    let answer = try await browser.act(page, from: page, [(name: "token", value: "mst_nothing")])
                    #expect(answer.status == .unauthorized, "\(page)")
                }
                #expect(oversight.watch.queue.take().events.isEmpty)
                try await browser.signIn("mst_nothing")
            }
            let events = oversight.watch.queue.take().events
            #expect(events.map(\.signal) == [.refusedTokens] && events.map(\.subject) == [.source("203.0.113.9")])
        }
    }

    @Test("a code that is refused on the page for invitations counts as a token does that is refused at a sign-in")
    func refusedCodes() async throws {
        try await PagesFixture.with { fixture in
            let oversight = Self.oversight(of: fixture)
            try await fixture.browsing(under: oversight) { browser in
                for _ in 0..<4 {
                    let empty = try await browser.act("/invitation", from: "/invitation")
                    #expect(empty.status == .notFound)
                }
                for page in ["/invitation", "/invitation/accept"] {
                    let answer = try await browser.act(page, from: "/invitation", [(name: "code", value: TokenSecret(.invitation).text)])
                    #expect(answer.status == .notFound, "\(page)")
                }
                #expect(oversight.watch.queue.take().events.isEmpty)
                _ = try await browser.act("/invitation", from: "/invitation", [(name: "code", value: "msi_nothing")])
            }
            let events = oversight.watch.queue.take().events
            #expect(events.map(\.signal) == [.refusedTokens] && events.map(\.subject) == [.source("203.0.113.9")])
        }
    }

    @Test("forks by the button count as those of the API do: neither the button that leads to the form, nor a form that is sent again")
    func forks() async throws {
        try await PagesFixture.with { fixture in
            try await fixture.publish(#"{"name": "Eliza"}"#, as: "1.0.0")
            let (path, oversight) = ("/agents/acme/eliza/fork", Self.oversight(of: fixture))
            try await fixture.signedIn(under: oversight) { browser in
                for number in 1...3 {
                    #expect(oversight.watch.queue.take().events.isEmpty, "before fork \(number)")
                    let button = try await browser.post(path)
                    #expect(button.location == path)
                    let form = try await browser.get(path)
                    for _ in 0..<3 {
                        let sent = try await browser.post(path, [(name: "form", value: form.field("form")), (name: "key", value: form.field("key"))])
                        #expect(sent.location?.hasPrefix("/workspace/forks/") == true)
                    }
                }
            }
            #expect(oversight.watch.queue.take().events.map(\.signal) == [.forkBurst])
        }
    }

    @Test("fork pages of other workspaces' agents that are not there are noticed by their workspaces; the visitor's own is none of them")
    func foreign() async throws {
        try await PagesFixture.with { fixture in
            let oversight = Self.oversight(of: fixture) { $0.idWalking.threshold = 100 }
            try await fixture.signedIn(under: oversight) { browser in
                for path in ["rival/a", "acme/a", "acme/b", "nobody/a"] {
                    let answer = try await browser.get("/agents/\(path)/fork")
                    #expect(answer.status == .notFound, "\(path)")
                }
                #expect(oversight.watch.queue.take().events.isEmpty)
                _ = try await browser.get("/agents/somebody/a/fork")
            }
            #expect(oversight.watch.queue.take().events.map(\.signal) == [.foreignWorkspaces])
        }
    }
}
