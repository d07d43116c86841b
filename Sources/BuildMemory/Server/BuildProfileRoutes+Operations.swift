import Foundation
import HTTPTypes
import Web

/// What the routes of this feature are, for the published description.
extension BuildProfileRoutes {
    /// Bytes. The profiler's own documents stay below 300 KB; this is room for the largest that is valid.
    static let bodyLimit = 8 * 1_024 * 1_024

    static let submit = APIOperation(
        .post, "/v1/build-profiles", summary: "Submit what a command took of memory, or many of them",
        description: """
            `mainstay profile -- COMMAND` measures and sends it. Another sampler may send what it knows: only `command`, `started_at`, \
            `duration_ms`, `exit_code` and `peak_rss` must be there.
            """,
        tag: "Build memory", scope: "profiles:write",
        parameters: [.idempotencyKey],
        request: .init(
            .named("NewBuildProfile", .object(members, optional: optional)), limit: bodyLimit,
            lines: """
                One `NewBuildProfile` a line. A line may have a member `idempotency_key` of its own; without one the request's \
                `Idempotency-Key`, of at most 240 characters, holds for each line with its number.
                """),
        answers: [.accepted, .lines], problems: [.tooManyRequests])

    static let list = APIOperation(
        .get, "/v1/build-profiles", summary: "List build profiles, newest first", tag: "Build memory", scope: "profiles:read",
        parameters: [
            .init("step", in: .query, "Only profiles of this step."),
            .init("commit", in: .query, "Only profiles of this commit; its first digits are enough."), .limit, .cursor,
        ],
        answers: [.init(.ok, "A page of profiles, without their timelines and processes.", schema: .page(of: stored))])

    static let show = APIOperation(
        .get, "/v1/build-profiles/{id}", summary: "Show a build profile with its timeline and processes", tag: "Build memory", scope: "profiles:read",
        answers: [.init(.ok, "The profile.", schema: stored)])

    // MARK: Schemas

    private static let stored = JSONSchema.named(
        "BuildProfile",
        .object(
            [
                "id": .uuid, "accepted_at": .time, "created_at": .time,
                "digest": .string("SHA-256 of the document. Two profiles with one digest are one measurement."),
                "command": command, "started_at": .time, "duration_ms": milliseconds, "exit_code": exitCode,
                "peak_rss": bytes("Of the whole tree, resident."),
                "peak_rss_at_ms": milliseconds, "peak_pss": bytes("Of the whole tree, proportional."), "peak_pss_at_ms": milliseconds,
                "rss_at_peak_pss": bytes(), "largest_process_rss": bytes("Of one process."), "processes_at_peak": count,
                "compile_jobs_at_peak": count,
                "process_count": count, "cpu_ms": milliseconds, "signal": count, "censored": censored, "version": count, "step": .string(),
                "labels": .map(of: .string()), "commit": .string(), "dirty": .boolean, "tools": .map(of: .string()), "machine": machine,
                "cache": cache,
                "timeline": timeline, "processes": .array(of: process), "overhead": overhead,
            ], optional: optional))

    private static let members: KeyValuePairs<String, JSONSchema> = [
        "command": command, "started_at": .time, "duration_ms": milliseconds, "exit_code": exitCode,
        "peak_rss": bytes("Largest sum of the resident sets of all processes of the tree."),
        "peak_rss_at_ms": milliseconds, "peak_pss": bytes("Largest sum of the proportional sets that was read."), "peak_pss_at_ms": milliseconds,
        "rss_at_peak_pss": bytes("The tree's RSS when `peak_pss` was read."),
        "largest_process_rss": bytes("Largest resident set of a single process, as `time -v` reports."), "processes_at_peak": count,
        "compile_jobs_at_peak": count, "process_count": count, "cpu_ms": milliseconds, "signal": count, "censored": censored,
        "version": .integer(minimum: 1, maximum: Int64(BuildProfile.currentVersion)),
        "step": .string("The step of a pipeline; series are made per step.", minLength: 1, maxLength: ProfileLimits.word),
        "labels": .map(of: .string(maxLength: ProfileLimits.word)), "commit": .string(pattern: "^[0-9a-fA-F]{7,64}$"), "dirty": .boolean,
        "tools": .map(of: .string("A version.", maxLength: ProfileLimits.word)), "machine": machine, "cache": cache, "timeline": timeline,
        "processes": .array(of: process, maxItems: ProfileLimits.processes), "overhead": overhead,
    ]

    private static let optional: Set<String> = Set(members.map(\.key)).subtracting(["command", "started_at", "duration_ms", "exit_code", "peak_rss"])

    private static let command = JSONSchema.string("Shortened, without secrets.", minLength: 1, maxLength: ProfileLimits.command)
    private static let exitCode = JSONSchema.integer("128 + signal for a command that was killed.", minimum: 0, maximum: 255)
    private static let milliseconds = JSONSchema.integer("Milliseconds.", minimum: 0)
    private static let count = JSONSchema.integer(minimum: 0)
    private static let cache = JSONSchema.string(oneOf: CacheState.allCases.map(\.rawValue))
    private static let censored = JSONSchema.string(
        "Why the peak is only a lower bound. Absent when the command ended by itself.", oneOf: Censoring.allCases.map(\.rawValue))

    private static func bytes(_ description: String? = nil) -> JSONSchema {
        .integer(description.map { "Bytes. \($0)" } ?? "Bytes.", minimum: 0, maximum: Int64(ProfileLimits.bytes))
    }

    private static let machine = JSONSchema.object(
        [
            "os": .string(), "kernel": .string(), "architecture": .string(), "cores": .integer(minimum: 1), "memory_total": bytes(),
            "memory_limit": bytes("Of the control group."), "runner": .string("The class of runner: machines of one class are interchangeable."),
        ], optional: ["os", "kernel", "architecture", "cores", "memory_total", "memory_limit", "runner"])

    private static let timeline = JSONSchema.object(
        [
            "at_ms": .array(of: milliseconds, maxItems: ProfileLimits.timelinePoints),
            "rss": .array(of: bytes(), maxItems: ProfileLimits.timelinePoints),
            "processes": .array(of: count), "compile_jobs": .array(of: count),
        ], optional: ["at_ms", "rss", "processes", "compile_jobs"], description: "Columns of equal length, in the order of time.")

    private static let process = JSONSchema.object(
        [
            "pid": count, "ppid": count, "command": command, "role": .string(oneOf: CommandText.Role.allCases.map(\.rawValue)),
            "started_ms": milliseconds, "ended_ms": milliseconds, "peak_rss": bytes(), "peak_rss_at_ms": milliseconds,
            "rss_at_tree_peak": bytes("Its share in the tree's peak."), "pss_at_tree_peak": bytes(), "cpu_ms": milliseconds,
        ],
        optional: ["ppid", "role", "started_ms", "ended_ms", "peak_rss_at_ms", "rss_at_tree_peak", "pss_at_tree_peak", "cpu_ms"])

    private static let overhead = JSONSchema.object([
        "cpu_ms": milliseconds, "samples": count, "pss_reads": count, "budget": .number("Share of one core that sampling was allowed.", minimum: 0),
    ])
}
