import Foundation
import Postgres

/// The SQL of build memory. One method is one statement; every one of them names its workspace, although row-level security
/// would hide the others anyway.
enum BuildProfileStore {
    // MARK: Writing a batch

    /// Profiles and their processes, in one statement that needs no answer. What is already there stays as it is.
    ///
    /// The documents go over as they are and PostgreSQL takes them apart: a profile has forty fields, and a batch of them is small.
    static func write(workspaces: [UUID], ids: [UUID], acceptedAt: [Date], documents: [PostgresJSON], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- write build profiles and their processes
            with incoming as materialized (
              select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::jsonb[]) as t (workspace_id, id, accepted_at, document)
            ), written as (
              insert into build_profiles (
                workspace_id, id, accepted_at, created_at, started_at, duration_ms, exit_code, signal, censored, command, step, labels, commit, dirty,
                tools, cache_state, runner, os, kernel, architecture, cores, memory_total, memory_limit, peak_rss, peak_rss_at_ms, peak_pss,
                peak_pss_at_ms, rss_at_peak_pss, largest_process_rss, processes_at_peak, compile_jobs_at_peak, process_count, cpu_ms,
                overhead_cpu_ms, samples, pss_reads, sampling_budget, timeline, version, digest)
              select
                i.workspace_id, i.id, i.accepted_at, (select mainstay_now()), p.started_at, p.duration_ms, p.exit_code, p.signal, p.censored,
                p.command, p.step, coalesce(p.labels, '{}'), p.commit, p.dirty, coalesce(p.tools, '{}'), p.cache, m.runner, m.os, m.kernel,
                m.architecture, m.cores, m.memory_total, m.memory_limit, p.peak_rss, p.peak_rss_at_ms, p.peak_pss, p.peak_pss_at_ms,
                p.rss_at_peak_pss, p.largest_process_rss, p.processes_at_peak, p.compile_jobs_at_peak, p.process_count, p.cpu_ms,
                o.cpu_ms, o.samples, o.pss_reads, o.budget, coalesce(p.timeline, '{}'), p.version,
                sha256(convert_to(i.document::text, 'UTF8'))
              from incoming i
              cross join lateral jsonb_to_record(i.document) as p (
                version smallint, command text, step text, labels jsonb, commit text, dirty boolean, tools jsonb, machine jsonb, cache text,
                started_at timestamptz, duration_ms bigint, exit_code integer, signal integer, censored text, peak_rss bigint, peak_rss_at_ms bigint,
                peak_pss bigint, peak_pss_at_ms bigint, rss_at_peak_pss bigint, largest_process_rss bigint, processes_at_peak integer,
                compile_jobs_at_peak integer, cpu_ms bigint, process_count integer, timeline jsonb, overhead jsonb)
              cross join lateral jsonb_to_record(coalesce(p.machine, '{}')) as m (
                os text, kernel text, architecture text, cores integer, memory_total bigint, memory_limit bigint, runner text)
              cross join lateral jsonb_to_record(coalesce(p.overhead, '{}')) as o (cpu_ms bigint, samples integer, pss_reads integer, budget double precision)
              on conflict (workspace_id, id) do nothing
              returning workspace_id, id
            )
            insert into build_steps (
              workspace_id, profile_id, ordinal, pid, ppid, command, role, started_ms, ended_ms, peak_rss, peak_rss_at_ms, rss_at_tree_peak,
              pss_at_tree_peak, cpu_ms)
            select
              w.workspace_id, w.id, e.ordinal, s.pid, s.ppid, s.command, s.role, s.started_ms, s.ended_ms, s.peak_rss, s.peak_rss_at_ms,
              s.rss_at_tree_peak, s.pss_at_tree_peak, s.cpu_ms
            from written w
            join incoming i on i.workspace_id = w.workspace_id and i.id = w.id
            cross join lateral jsonb_array_elements(coalesce(i.document -> 'processes', '[]')) with ordinality as e (process, ordinal)
            cross join lateral jsonb_to_record(e.process) as s (
              pid integer, ppid integer, command text, role text, started_ms bigint, ended_ms bigint, peak_rss bigint, peak_rss_at_ms bigint,
              rss_at_tree_peak bigint, pss_at_tree_peak bigint, cpu_ms bigint)
            on conflict (workspace_id, profile_id, ordinal) do nothing
            """,
            workspaces, ids, acceptedAt, documents)
    }

    /// Notes of profiles how often their jobs were tried, in the transaction that writes them. Only for those that failed
    /// before: a row says 1 by itself.
    static func noteAttempts(workspaces: [UUID], ids: [UUID], attempts: [Int16], in transaction: PostgresTransaction) {
        transaction.submit(
            """
            -- note attempts of build profiles
            update build_profiles p set attempts = given.attempts
            from unnest($1::uuid[], $2::uuid[], $3::int2[]) as given (workspace_id, id, attempts)
            where p.workspace_id = given.workspace_id and p.id = given.id
            """,
            workspaces, ids, attempts)
    }

    // MARK: Reading

    /// Profiles without their timelines and processes, newest first, older than `before` in the order of their ids.
    static func page(
        of workspace: UUID, step: String?, commit: String?, before: UUID?, limit: Int, in pool: PostgresPool
    ) async throws -> [StoredProfile] {
        try await pool.query(
            .workspaces([workspace]),
            """
            -- page of build profiles
            select
              id, accepted_at, created_at, started_at, duration_ms, exit_code, signal, censored, command, step, labels, commit, dirty, tools,
              cache_state, runner, os, kernel, architecture, cores, memory_total, memory_limit, peak_rss, peak_rss_at_ms, peak_pss, peak_pss_at_ms,
              rss_at_peak_pss, largest_process_rss, processes_at_peak, compile_jobs_at_peak, process_count, cpu_ms, overhead_cpu_ms, samples,
              pss_reads, sampling_budget, version, digest
            from build_profiles
            where workspace_id = $1 and id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
              and ($3::text is null or step = $3) and ($4::text is null or starts_with(commit, $4))
            order by id desc limit $5
            """,
            workspace, before, step, commit, limit
        ).map { try StoredProfile(row: $0) }
    }

    /// One profile with its timeline and its processes; nil when this workspace has none of that id.
    static func profile(_ id: UUID, workspace: UUID, in pool: PostgresPool) async throws -> StoredProfile? {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            let rows = try await transaction.query(
                """
                -- build profile by id
                select
                  id, accepted_at, created_at, started_at, duration_ms, exit_code, signal, censored, command, step, labels, commit, dirty, tools,
                  cache_state, runner, os, kernel, architecture, cores, memory_total, memory_limit, peak_rss, peak_rss_at_ms, peak_pss,
                  peak_pss_at_ms, rss_at_peak_pss, largest_process_rss, processes_at_peak, compile_jobs_at_peak, process_count, cpu_ms,
                  overhead_cpu_ms, samples, pss_reads, sampling_budget, version, digest, timeline
                from build_profiles where workspace_id = $1 and id = $2
                """,
                workspace, id)
            guard let row = rows.first else { return nil }
            var stored = try StoredProfile(row: row)
            stored.profile.timeline = try row.decode("timeline", as: PostgresJSON.self).decode()
            stored.profile.processes = try await transaction.query(
                """
                -- processes of a build profile
                select pid, ppid, command, role, started_ms, ended_ms, peak_rss, peak_rss_at_ms, rss_at_tree_peak, pss_at_tree_peak, cpu_ms
                from build_steps where workspace_id = $1 and profile_id = $2 order by ordinal
                """,
                workspace, id
            ).map { try ProcessPeak(row: $0) }
            return stored
        }
    }
}
