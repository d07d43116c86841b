import Foundation

// The names on the wire are written out here: they are a promise to those who send profiles of their own, and renaming a
// property must not break it.

extension BuildProfile: Codable {
    private enum CodingKeys: String, CodingKey {
        case version, command, step, labels, commit, dirty, tools, machine, cache, signal, censored, timeline, processes, overhead
        case startedAt = "started_at"
        case duration = "duration_ms"
        case exitCode = "exit_code"
        case cpu = "cpu_ms"
        case processCount = "process_count"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        command = try fields.decode(String.self, forKey: .command)
        startedAt = try fields.decode(WireTime.self, forKey: .startedAt).date
        duration = try fields.decode(Int.self, forKey: .duration)
        exitCode = try fields.decode(Int.self, forKey: .exitCode)
        // The peak's fields stand beside the others: the smallest profile is one flat object.
        memory = try MemoryPeak(from: decoder)
        version = try fields.decodeIfPresent(Int.self, forKey: .version) ?? Self.currentVersion
        step = try fields.decodeIfPresent(String.self, forKey: .step)
        labels = try fields.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        commit = try fields.decodeIfPresent(String.self, forKey: .commit)
        dirty = try fields.decodeIfPresent(Bool.self, forKey: .dirty)
        tools = try fields.decodeIfPresent([String: String].self, forKey: .tools) ?? [:]
        machine = try fields.decodeIfPresent(Machine.self, forKey: .machine) ?? Machine()
        cache = try fields.decodeIfPresent(CacheState.self, forKey: .cache)
        signal = try fields.decodeIfPresent(Int.self, forKey: .signal)
        censored = try fields.decodeIfPresent(Censoring.self, forKey: .censored)
        cpu = try fields.decodeIfPresent(Int.self, forKey: .cpu)
        processCount = try fields.decodeIfPresent(Int.self, forKey: .processCount)
        timeline = try fields.decodeIfPresent(TimelineColumns.self, forKey: .timeline) ?? TimelineColumns()
        processes = try fields.decodeIfPresent([ProcessPeak].self, forKey: .processes) ?? []
        overhead = try fields.decodeIfPresent(Overhead.self, forKey: .overhead)
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(version, forKey: .version)
        try fields.encode(command, forKey: .command)
        try fields.encodeIfPresent(step, forKey: .step)
        try fields.encode(labels, forKey: .labels)
        try fields.encodeIfPresent(commit, forKey: .commit)
        try fields.encodeIfPresent(dirty, forKey: .dirty)
        try fields.encode(tools, forKey: .tools)
        try fields.encode(machine, forKey: .machine)
        try fields.encodeIfPresent(cache, forKey: .cache)
        try fields.encode(WireTime(date: startedAt), forKey: .startedAt)
        try fields.encode(duration, forKey: .duration)
        try fields.encode(exitCode, forKey: .exitCode)
        try fields.encodeIfPresent(signal, forKey: .signal)
        try fields.encodeIfPresent(censored, forKey: .censored)
        try memory.encode(to: encoder)
        try fields.encodeIfPresent(cpu, forKey: .cpu)
        try fields.encodeIfPresent(processCount, forKey: .processCount)
        if !timeline.at.isEmpty { try fields.encode(timeline, forKey: .timeline) }
        if !processes.isEmpty { try fields.encode(processes, forKey: .processes) }
        try fields.encodeIfPresent(overhead, forKey: .overhead)
    }
}

extension CommandText.Role {
    /// A role that a later sampler knows and this release does not is no reason to refuse a profile.
    package init(from decoder: any Decoder) throws {
        self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .other
    }
}

/// An instant as RFC 3339 writes it, with or without parts of a second.
private struct WireTime: Codable {
    let date: Date

    init(date: Date) { self.date = date }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        let whole = Date.ISO8601FormatStyle()
        guard let date = (try? whole.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected an RFC 3339 time as 2026-03-01T12:00:00Z")
        }
        self.date = date
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
