import Foundation
import Schema
import TestSupport
import Testing

@testable import Inference

@Suite("The report on what models have used", .timeLimit(.minutes(1))) struct ModelUsageReportTests {
    /// Of two workspaces, one of which has no name any more: runs of the day before a fixed one, an hour after its midnight in UTC, one of long
    /// ago and one that has no end.
    private static let rows = """
        update time_offset set amount = timestamptz '2026-03-11 12:00:00+00' - clock_timestamp();
        insert into workspaces (id, slug, name) values ('00000000-0000-0000-0000-0000000000aa', 'harbor', 'Harbor');
        insert into runs (workspace_id, id, provider, model, state, accepted_at, finished_at, input_tokens, cached_input_tokens, output_tokens,
          reasoning_output_tokens, usage_estimated, repeated_calls, cost, cost_source)
        select workspace::uuid, gen_random_uuid(), provider, 'm', 'completed', yesterday, yesterday - days * interval '1 day', input, cached, output,
          reasoning, estimated, repeated, cost, source
        from (select timestamptz '2026-03-10 01:00:00+00' as yesterday) as moment, (values
          ('00000000-0000-0000-0000-0000000000aa', 'openai', 0, 100, 40, 10, 5, false, 0, 0.5, 'provider'),
          ('00000000-0000-0000-0000-0000000000aa', 'openai', 0, 30, 0, 4, 0, true, 2, 0.25, 'both'),
          ('00000000-0000-0000-0000-0000000000aa', 'openai', 0, 7, 0, 1, 0, false, 0, 0.125, 'table'),
          ('00000000-0000-0000-0000-0000000000aa', 'openai', 0, 1, 0, 1, 0, false, 0, 0.0625, null),
          ('00000000-0000-0000-0000-0000000000aa', 'claude', 0, 9, 0, 3, 0, false, 0, null, null),
          ('00000000-0000-0000-0000-0000000000bb', 'openai', 0, 2, 0, 2, 0, false, 0, 1, 'provider'),
          ('00000000-0000-0000-0000-0000000000aa', 'openai', 40, 5, 0, 5, 0, false, 0, 1, 'provider')
        ) as given (workspace, provider, days, input, cached, output, reasoning, estimated, repeated, cost, source);
        insert into runs (workspace_id, id, provider, model, accepted_at)
        values ('00000000-0000-0000-0000-0000000000aa', gen_random_uuid(), 'openai', 'm', timestamptz '2026-03-10 01:00:00+00');
        """

    @Test("adds up tokens and cost by day, workspace and model, and says what of it is an estimate and whose word it is")
    func sums() async throws {
        let database = try await TestDatabase.make()
        _ = try await database.psql(Self.rows)
        let table = try await withPool(database.reportingURL) { try await #require(Report.named("model-usage")).run(in: $0) }
        let rows = table.rows.map { row in
            Dictionary(zip(table.columns.map(\.name), row).compactMap { name, value in value.map { (name, $0) } }) { first, _ in first }
        }
        #expect(rows.map { $0["workspace"] } == ["00000000-0000-0000-0000-0000000000bb", "harbor", "harbor"])
        #expect(
            rows[1] == [
                "day": "2026-03-10", "workspace": "harbor", "provider": "openai", "model": "m", "runs": "4", "input_tokens": "138",
                "cached_input_tokens": "40", "output_tokens": "16", "reasoning_output_tokens": "5", "estimated_runs": "1", "repeated_calls": "2",
                "cost": "0.937500", "reported_cost": "0.500000", "priced_cost": "0.375000", "unpriced_runs": "0",
            ])
        #expect(rows[2]["provider"] == "claude" && rows[2]["cost"] == "0.000000" && rows[2]["unpriced_runs"] == "1")
    }

    @Test("says of the runs that took place what `mainstay usage` says")
    func runs() async throws {
        let provider = PlayedProvider { request, receive in
            try await receive(.text("half"))
            if request.messages.last?.content == "cut" { return try await receive(.ended(StepEnding(.incomplete(.truncated)))) }
            try await receive(.usage(TokenUsage(input: 6, output: 2, cost: request.messages.last?.content == "told" ? 0.5 : nil)))
            try await receive(.stopped)
        }
        try await InferenceFixture.with { fixture in
            let setup = try await fixture.pricedSetup()
            try await fixture.beginAtNoon()
            try await fixture.withEngine([provider], setup: setup) { engine in
                for words in ["told", "counted", "cut"] {
                    let run = try await engine.finished(try await engine.accept(words))
                    #expect(run.state.isFinished)
                }
            }
            let days = try await BudgetStore(pool: fixture.pool).usage(workspace: fixture.workspace, days: 2)
            let counted = try #require(days.first)
            let sums = """
                select runs || ' ' || input_tokens || ' ' || output_tokens || ' ' || estimated_runs || ' ' || unpriced_runs || ' ' || cost
                  || ' ' || reported_cost || ' ' || priced_cost from reporting.model_usage
                """
            // Three bytes of a question and four of an answer are a token each: 3 dollars; six and two that were counted: 10.
            #expect(try await fixture.database.psql(sums) == "3 13 5 1 0 13.5 0.5 13\n")
            #expect(counted.runs == 3 && counted.inputTokens == 13 && counted.outputTokens == 5 && counted.estimatedRuns == 1)
            #expect(counted.cost == 13.5 && counted.unpricedRuns == 0)
        }
    }
}
