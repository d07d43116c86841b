package import Foundation

/// What one command took of memory: the document that `mainstay profile` writes and `POST /v1/build-profiles` takes.
///
/// Bytes are bytes, times are whole milliseconds since the command began. Only `command`, `started_at`, `duration_ms`, `exit_code`
/// and `peak_rss` must be there: another sampler may send what it knows.
package struct BuildProfile: Sendable, Equatable {
    /// The version of this document that this release writes.
    package static let currentVersion = 1

    package var version = Self.currentVersion
    /// The command line, shortened and without secrets.
    package var command: String
    /// The step of a pipeline, as `build` or `test`: series are made per step.
    package var step: String?
    package var labels: [String: String] = [:]
    /// The commit that was built, in full, and whether files differed from it.
    package var commit: String?
    package var dirty: Bool?
    /// Versions that the user names, as `swift` → `6.3.1`.
    package var tools: [String: String] = [:]
    package var machine = Machine()
    package var cache: CacheState?
    package var startedAt: Date
    package var duration: Int
    /// What the profiler passed on: 128 + signal for a command that was killed.
    package var exitCode: Int
    package var signal: Int?
    /// Why the peak is only a lower bound; nil when the command ended by itself.
    package var censored: Censoring?
    package var memory: MemoryPeak
    /// Processor time of the command and of all it waited for.
    package var cpu: Int?
    /// Processes seen in all.
    package var processCount: Int?
    package var timeline = TimelineColumns()
    /// The largest processes, those of the tree's peak first.
    package var processes: [ProcessPeak] = []
    package var overhead: Overhead?

    package init(command: String, startedAt: Date, duration: Int, exitCode: Int, memory: MemoryPeak) {
        self.command = command
        self.startedAt = startedAt
        self.duration = duration
        self.exitCode = exitCode
        self.memory = memory
    }
}

/// Whether the build found the products of an earlier one. Peaks of the two are not one series.
package enum CacheState: String, Sendable, Codable, CaseIterable {
    case cold
    case warm
}

/// Why a peak is an observation of the kind "at least": the command was stopped before it could reach its own.
package enum Censoring: String, Sendable, Codable, CaseIterable {
    /// The kernel killed a process for want of memory.
    case oomKill = "oom_kill"
    /// A signal ended the command (a time limit, an interrupt).
    case signal
}
