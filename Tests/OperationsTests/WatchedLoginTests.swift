import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JobsTesting
import Logging
import Testing
import Web

@testable import Operations
@testable import Workspaces

@Suite("What the watch sees of the sign-in to the pages", .timeLimit(.minutes(1)))
struct WatchedLoginTests {
    @Test("tokens that are refused there are counted by where they came from")
    func refused() async throws {
        try await OperationsFixture.with { fixture in
            var rules = WatchRules()
            rules.refusedTokens = WatchRule(threshold: 2, window: .seconds(600), response: .alert)
            let oversight = AccessOversight(pool: fixture.engine.pool, keys: .none, rules: rules, logger: Logger(label: "test.watch"))
            var options = WebResponder.Options(problems: ProblemMapping.table)
            options.aroundPages = [oversight.aroundPages { _, _ in "203.0.113.9" }]
            let responder = WebResponder(
                authenticator: fixture.workspaces.authenticator, features: [fixture.operations.routes], pages: [fixture.operations.pages],
                options: options)
            try await Application(responder: responder).test(.router) { client in
                let browser = Browser(client: client)
                try await browser.signIn("mst_nothing")
                // A good token that may not see the pages is refused, and is no attempt with a bad one.
                try await browser.signIn(fixture.tenantToken)
                #expect(oversight.watch.queue.take().events.isEmpty)
                let answer = try await browser.signIn("mst_nothing")
                #expect(answer.status == .unauthorized)
            }
            let events = oversight.watch.queue.take().events
            #expect(events.map(\.signal) == [.refusedTokens] && events.map(\.subject) == [.source("203.0.113.9")])
        }
    }
}
