import Foundation
import Schema
import TestSupport
import Testing

@Suite("The report on the objectives of runs", .timeLimit(.minutes(1))) struct RunObjectivesReportTests {
    /// Rows of yesterday, an hour after its midnight in UTC, and of this minute.
    private static let rows = """
        create temporary table moment as
          select ((date_trunc('day', now() at time zone 'UTC') - interval '23 hours') at time zone 'UTC') as yesterday;
        create temporary table run as
          select row_number() over () as number, gen_random_uuid() as id, state, failure, ttft, seconds, steps from (values
            ('completed', null, 100.0, 2.0, 1), ('completed', null, 300.0, 4.0, 3), ('failed', 'rate_limited', null, 1.0, 1),
            ('failed', 'rate_limited', null, 1.0, 0), ('incomplete', 'truncated', 200.0, 1.0, 1), ('cancelled', null, null, 1.0, 0),
            ('running', null, null, null, 0)
          ) as given (state, failure, ttft, seconds, steps);
        insert into runs (workspace_id, id, provider, model, state, accepted_at, finished_at, ttft_ms, error_kind, error_message, error_retryable,
          incomplete_reason, input_tokens, output_tokens)
        select '00000000-0000-0000-0000-0000000000aa', id, 'openai', 'm', state, yesterday, yesterday + seconds * interval '1 second', ttft,
          case state when 'failed' then failure end, case state when 'failed' then 'e' end, case state when 'failed' then true end,
          case state when 'incomplete' then failure end, case state when 'completed' then 10 end, case state when 'completed' then 5 end
        from run, moment;
        insert into run_steps (workspace_id, run_id, step, state, provider, model, started_at, finished_at)
        select '00000000-0000-0000-0000-0000000000aa', id, step, 'completed', 'openai', 'm', yesterday, yesterday + step * interval '1 second'
        from run, moment, generate_series(1, steps) as step;
        insert into runs (workspace_id, id, provider, model, accepted_at)
        values ('00000000-0000-0000-0000-0000000000aa', gen_random_uuid(), 'scripted', 'm', now());
        insert into outcomes (workspace_id, id, kind, state, attempts, error, accepted_at)
        select '00000000-0000-0000-0000-0000000000aa', gen_random_uuid(), 'run.execute', 'dead', 4, 'e', yesterday from moment;
        """

    @Test("counts ends, steps and failures by day and provider, and owes nothing of a run that has only begun")
    func counts() async throws {
        let database = try await TestDatabase.make()
        _ = try await database.psql(Self.rows)
        let yesterday = try await database.psql("select to_char((now() at time zone 'UTC') - interval '1 day', 'YYYY-MM-DD')")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let table = try await withPool(database.reportingURL) { try await #require(Report.named("run-slo")).run(in: $0) }
        let rows = table.rows.map { row in
            Dictionary(zip(table.columns.map(\.name), row).compactMap { name, value in value.map { (name, $0) } }) { first, _ in first }
        }
        #expect(rows.map { $0["provider"] } == ["scripted", "openai", "none"])
        let fresh = rows[0]
        #expect(fresh["running"] == "1")
        #expect(fresh["truthful_pct"] == nil, "nothing is due yet")

        let openai = rows[1]
        // Six of seven have an end; of the five that nobody cancelled, two are whole. Steps take 1; 1, 2, 3; 1; 1 seconds.
        #expect(
            openai == [
                "day": yesterday, "provider": "openai", "runs": "7", "running": "1", "truthful_pct": "85.71", "completed_pct": "40.00",
                "ttft_p50_ms": "200.0", "ttft_p95_ms": "290.0", "ttft_p99_ms": "298.0", "duration_p50_s": "3.00", "duration_p95_s": "3.90",
                "step_p50_s": "1.00", "step_p95_s": "2.75", "steps_mean": "1.50", "steps_most": "3", "failures": "rate_limited 2, truncated 1",
                "input_tokens": "20", "output_tokens": "10",
            ])
        #expect(rows[2] == ["day": yesterday, "provider": "none", "runs": "1", "running": "0", "truthful_pct": "0.00", "failures": "never_begun 1"])
    }
}
