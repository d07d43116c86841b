import Foundation
import Postgres
import HTTPTypes
import JobsTesting
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Budgets of runs", .timeLimit(.minutes(1))) struct BudgetsTests {
    private func record(
        _ fixture: SetupFixture, tokens: Int, cost: Double? = nil, token: UUID?, workspace: UUID? = nil, budgets: Budgets
    ) async throws {
        let workspace = workspace ?? fixture.workspace
        try await fixture.pool.transaction(.workspaces([workspace])) { transaction in
            budgets.record(
                workspace: workspace, token: token, provider: "p", model: "m", usage: TokenUsage(input: tokens - 1, output: 1), reportedCost: cost,
                in: transaction)
        }
    }

    /// What admitting throws, as its answer.
    private func refusal(_ budgets: Budgets, _ workspace: UUID, _ token: UUID) async throws -> Problem? {
        do {
            try await budgets.admit(workspace: workspace, token: token)
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    private func budgets(_ fixture: SetupFixture) -> Budgets {
        Budgets(store: BudgetStore(pool: fixture.pool), prices: .none)
    }

    @Test("what runs use is counted by day, token and workspace, and keeps later ones out")
    func tokens() async throws {
        try await SetupFixture.with { fixture in
            let (store, budgets) = (BudgetStore(pool: fixture.pool), budgets(fixture))
            try await store.set(RunBudget(tokensPerDay: 100), of: fixture.workspace, workspace: fixture.workspace, by: .tester)
            try await store.set(RunBudget(tokensPerDay: 40), of: fixture.token, workspace: fixture.workspace, by: .tester)
            let another = UUID()
            try await record(fixture, tokens: 39, token: fixture.token, budgets: budgets)
            #expect(try await refusal(budgets, fixture.workspace, fixture.token) == nil)
            try await record(fixture, tokens: 30, token: fixture.token, budgets: budgets)
            let refused = try #require(try await refusal(budgets, fixture.workspace, fixture.token))
            #expect(refused.status == .tooManyRequests && refused.type.hasSuffix("quota-exceeded") && (refused.retryAfter ?? .zero) >= .seconds(1))
            let members = JSONValue.object(refused.extensions)
            #expect(members["budget"] == "tokens_per_day" && members["holder"] == "token")
            #expect(members["limit"] == .number(40) && members["used"] == .number(69))

            #expect(try await refusal(budgets, fixture.workspace, another) == nil, "the other token has what is left of the workspace's")
            try await record(fixture, tokens: 31, token: nil, budgets: budgets)
            let ofAll = try #require(try await refusal(budgets, fixture.workspace, another))
            #expect(JSONValue.object(ofAll.extensions)["holder"] == "workspace")
            #expect(try await refusal(budgets, fixture.other, UUID()) == nil)

            // A day later it begins anew; the usage of the day before stays.
            _ = try await fixture.database.psql("update time_offset set amount = interval '1 day'")
            #expect(try await refusal(budgets, fixture.workspace, fixture.token) == nil)
            let usage = try await store.usage(workspace: fixture.workspace, days: 7)
            #expect(usage.count == 2 && usage.map(\.runs).sorted() == [1, 2] && usage.map(\.inputTokens).reduce(0, +) == 97)
            #expect(usage.map(\.unpricedRuns).reduce(0, +) == 3 && Set(usage.map(\.token)) == [fixture.token, nil])
            #expect(try await store.usage(workspace: fixture.workspace, days: 1).isEmpty)
            #expect(try await store.usage(workspace: fixture.other, days: 7).isEmpty)
        }
    }

    @Test("costs bound a day and a month")
    func costs() async throws {
        try await SetupFixture.with { fixture in
            let (store, budgets) = (BudgetStore(pool: fixture.pool), budgets(fixture))
            try await store.set(RunBudget(costPerMonth: 2), of: fixture.workspace, workspace: fixture.workspace, by: .tester)
            // The middle of a month, so that the next day is in it.
            _ = try await fixture.database.psql(
                "update time_offset set amount = date_trunc('month', clock_timestamp()) + interval '14 days 12 hours' - clock_timestamp()")
            try await record(fixture, tokens: 5, cost: 1.5, token: fixture.token, budgets: budgets)
            #expect(try await refusal(budgets, fixture.workspace, fixture.token) == nil)
            _ = try await fixture.database.psql("update time_offset set amount = amount + interval '1 day'")
            try await record(fixture, tokens: 5, cost: 0.5, token: fixture.token, budgets: budgets)
            let refused = try #require(try await refusal(budgets, fixture.workspace, fixture.token))
            #expect(JSONValue.object(refused.extensions)["budget"] == "cost_per_month")
            _ = try await fixture.database.psql("update time_offset set amount = amount + interval '1 month'")
            #expect(try await refusal(budgets, fixture.workspace, fixture.token) == nil)
        }
    }

    @Test("ingresses count runs a minute together, however many come at once")
    func rate() async throws {
        try await SetupFixture.with { fixture in
            let store = BudgetStore(pool: fixture.pool)
            try await store.set(RunBudget(runsPerMinute: 7), of: fixture.workspace, workspace: fixture.workspace, by: .tester)
            let ingresses = [budgets(fixture), budgets(fixture)]
            let outcomes = try await withThrowingTaskGroup(of: Problem?.self) { group in
                for number in 0..<30 {
                    group.addTask { try await refusal(ingresses[number % 2], fixture.workspace, fixture.token) }
                }
                return try await group.reduce(into: [Problem?]()) { $0.append($1) }
            }
            // A minute's seven, and an eighth if the thirty took some eight seconds.
            let accepted = outcomes.count(where: { $0 == nil })
            #expect((7...8).contains(accepted))
            let refused = try #require(outcomes.compactMap { $0 }.first)
            #expect(JSONValue.object(refused.extensions)["budget"] == "runs_per_minute" && (refused.retryAfter ?? .seconds(99)) <= .seconds(9))
            _ = try await fixture.database.psql("update time_offset set amount = interval '1 minute'")
            #expect(try await refusal(ingresses[0], fixture.workspace, fixture.token) == nil)
        }
    }

    @Test("a run that one bound keeps out is not counted against another")
    func oneRefuses() async throws {
        try await SetupFixture.with { fixture in
            let store = BudgetStore(pool: fixture.pool)
            let budgets = budgets(fixture)
            try await store.set(RunBudget(runsPerMinute: 1), of: fixture.workspace, workspace: fixture.workspace, by: .tester)
            try await store.set(RunBudget(tokensPerDay: 0), of: fixture.token, workspace: fixture.workspace, by: .tester)
            #expect(try await refusal(budgets, fixture.workspace, fixture.token) != nil)
            #expect(try await refusal(budgets, fixture.workspace, UUID()) == nil, "the one run of this minute is still there")
            #expect(try await refusal(budgets, fixture.workspace, UUID()) != nil)
        }
    }

    @Test("where nothing is bounded, admitting asks once in half a second; a budget that is set holds after it")
    func unbounded() async throws {
        try await SetupFixture.with { fixture in
            let clock = ManualClock()
            let budgets = Budgets(store: BudgetStore(pool: fixture.pool), prices: .none, clock: clock)
            try await budgets.admit(workspace: fixture.workspace, token: fixture.token)
            let trips = fixture.pool.traffic.trips
            for _ in 0..<10 { try await budgets.admit(workspace: fixture.workspace, token: fixture.token) }
            #expect(fixture.pool.traffic.trips == trips)
            try await BudgetStore(pool: fixture.pool).set(RunBudget(tokensPerDay: 0), of: fixture.token, workspace: fixture.workspace, by: .tester)
            clock.advance(by: .milliseconds(501))
            #expect(try await refusal(budgets, fixture.workspace, fixture.token) != nil)
        }
    }

    @Test("owners set budgets over HTTP, and all who may read runs see what is left and what was used")
    func routes() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let none = try await ask(.get, "/v1/workspace/run-budget", as: "member")
                #expect(none.status == .ok && none.json["budget"]?.members?.isEmpty == true && none.json["used"]?["tokens_today"] == 0)
                let set = try await ask(.put, "/v1/workspace/run-budget", #"{"tokens_per_day":1000,"cost_per_month":12.5,"runs_per_minute":30}"#)
                #expect(set.status == .ok && set.json["left"]?["tokens_per_day"] == 1_000 && set.json["day_ends_at"]?.string != nil)
                try await record(fixture, tokens: 100, cost: 0.5, token: fixture.token, budgets: ask.setup.budgets)
                let left = try await ask(.get, "/v1/workspace/run-budget").json
                #expect(left["left"]?["tokens_per_day"] == 900 && left["left"]?["cost_per_month"] == 12 && left["used"]?["cost_today"] == 0.5)

                let path = "/v1/tokens/\(fixture.token.uuidString.lowercased())/run-budget"
                #expect(try await ask(.put, path, #"{"runs_per_minute":1}"#).json["budget"] == ["runs_per_minute": 1])
                #expect(try await ask(.get, path).json["used"]?["tokens_today"] == 100)
                #expect(try await ask(.get, path, as: "theirs").status == .notFound)
                #expect(try await ask(.put, path, "{}", as: "theirs").status == .notFound)
                #expect(try await ask(.get, "/v1/tokens/\(UUID())/run-budget").status == .notFound)

                let usage = try await ask(.get, "/v1/workspace/run-usage?days=1", as: "member").json["items"]?.elements
                #expect(usage?.count == 1 && usage?.first?["runs"] == 1 && usage?.first?["token"]?.string == fixture.token.uuidString.lowercased())
                #expect(try await ask(.get, "/v1/workspace/run-usage", as: "theirs").json["items"]?.elements == [])

                let gone = try await ask(.put, "/v1/workspace/run-budget", "{}")
                #expect(gone.json["budget"]?.members?.isEmpty == true)
                #expect(try await fixture.database.psql("select count(*) from run_budgets") == "1\n")
                #expect(try await ask(.put, "/v1/workspace/run-budget", "{}", as: "member").status == .forbidden)
                let wrong = try await ask(
                    .put, "/v1/workspace/run-budget", #"{"runs_per_minute":0,"tokens_per_day":-1,"cost_per_day":-0.1,"cost_per_month":1e13}"#)
                #expect(wrong.status == .unprocessableContent && wrong.pointers.count == 4)
                #expect(try await ask(.get, "/v1/workspace/run-usage?days=0").status == .badRequest)
            }
        }
    }
}
