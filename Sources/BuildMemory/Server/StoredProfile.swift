import Foundation
import Jobs
import Postgres

/// A profile as the server has it, and as it shows it.
struct StoredProfile: Sendable, Equatable {
    let id: UUID
    let acceptedAt: Date
    let createdAt: Date
    let digest: [UInt8]
    /// In lists without its timeline and processes.
    var profile: BuildProfile
}

extension StoredProfile: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id, digest
        case acceptedAt = "accepted_at"
        case createdAt = "created_at"
    }

    /// What the server knows stands beside what was sent.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id.lowercased, forKey: .id)
        try container.encode(acceptedAt, forKey: .acceptedAt)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode("sha256:" + digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined(), forKey: .digest)
        try profile.encode(to: encoder)
    }
}

extension StoredProfile {
    /// Reads a row without its timeline.
    init(row: PostgresRow) throws {
        id = try row.decode("id")
        acceptedAt = try row.decode("accepted_at")
        createdAt = try row.decode("created_at")
        digest = try row.decode("digest")
        profile = BuildProfile(
            command: try row.decode("command"), startedAt: try row.decode("started_at"), duration: try row.decode("duration_ms"),
            exitCode: Int(try row.decode("exit_code", as: Int32.self)), memory: try MemoryPeak(row: row))
        profile.version = Int(try row.decode("version", as: Int16.self))
        profile.step = try row.decode("step")
        profile.labels = try row.decode("labels", as: PostgresJSON.self).decode()
        profile.commit = try row.decode("commit")
        profile.dirty = try row.decode("dirty")
        profile.tools = try row.decode("tools", as: PostgresJSON.self).decode()
        profile.machine = try Machine(row: row)
        profile.cache = try row.decode("cache_state", as: String?.self).flatMap(CacheState.init(rawValue:))
        profile.signal = try row.decode("signal", as: Int32?.self).map(Int.init)
        profile.censored = try row.decode("censored", as: String?.self).flatMap(Censoring.init(rawValue:))
        profile.cpu = try row.decode("cpu_ms")
        profile.processCount = try row.decode("process_count", as: Int32?.self).map(Int.init)
        profile.overhead = try Overhead(row: row)
    }
}

extension MemoryPeak {
    fileprivate init(row: PostgresRow) throws {
        self.init(rss: try row.decode("peak_rss"))
        rssAt = try row.decode("peak_rss_at_ms")
        pss = try row.decode("peak_pss")
        pssAt = try row.decode("peak_pss_at_ms")
        rssAtPSS = try row.decode("rss_at_peak_pss")
        largestProcess = try row.decode("largest_process_rss")
        processes = try row.decode("processes_at_peak", as: Int32?.self).map(Int.init)
        compileJobs = try row.decode("compile_jobs_at_peak", as: Int32?.self).map(Int.init)
    }
}

extension Machine {
    fileprivate init(row: PostgresRow) throws {
        self.init()
        os = try row.decode("os")
        kernel = try row.decode("kernel")
        architecture = try row.decode("architecture")
        cores = try row.decode("cores", as: Int32?.self).map(Int.init)
        memoryTotal = try row.decode("memory_total")
        memoryLimit = try row.decode("memory_limit")
        runner = try row.decode("runner")
    }
}

extension Overhead {
    /// Nil when the sampler said nothing of itself.
    fileprivate init?(row: PostgresRow) throws {
        guard let cpu = try row.decode("overhead_cpu_ms", as: Int?.self), let samples = try row.decode("samples", as: Int32?.self),
            let reads = try row.decode("pss_reads", as: Int32?.self), let budget = try row.decode("sampling_budget", as: Double?.self)
        else { return nil }
        self.init(cpu: cpu, samples: Int(samples), pssReads: Int(reads), budget: budget)
    }
}

extension ProcessPeak {
    init(row: PostgresRow) throws {
        self.init(pid: Int(try row.decode("pid", as: Int32.self)), command: try row.decode("command"), peakRSS: try row.decode("peak_rss"))
        parent = try row.decode("ppid", as: Int32?.self).map(Int.init)
        role = try row.decode("role", as: String?.self).flatMap(CommandText.Role.init(rawValue:))
        started = try row.decode("started_ms")
        ended = try row.decode("ended_ms")
        peakAt = try row.decode("peak_rss_at_ms")
        rssAtTreePeak = try row.decode("rss_at_tree_peak")
        pssAtTreePeak = try row.decode("pss_at_tree_peak")
        cpu = try row.decode("cpu_ms")
    }
}
