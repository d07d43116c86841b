import Foundation
import Logging
import Postgres
import Schema
import TestSupport
import Testing

@testable import BuildMemory

@Suite("The report on build memory", .timeLimit(.minutes(1)))
struct BuildMemoryReportTests {
    private static func profile(_ mebibytes: Int, daysAgo: Int, jobs: Int, commit: String = "0000000") -> BuildProfile {
        var memory = MemoryPeak(rss: mebibytes << 20)
        memory.largestProcess = mebibytes << 19
        memory.compileJobs = jobs
        var profile = BuildProfile(
            command: "swift build", startedAt: Date().addingTimeInterval(Double(-daysAgo) * 86_400), duration: 1, exitCode: 0, memory: memory)
        profile.step = "build"
        profile.cache = .cold
        profile.commit = commit
        profile.machine.runner = "ci"
        profile.machine.memoryLimit = 400 << 20
        return profile
    }

    private static func report(on fixture: BuildMemoryFixture) async throws -> [[String: String]] {
        let table = try await withPool(fixture.database.reportingURL) { try await #require(Report.named("build-memory")).run(in: $0) }
        return table.rows.map { row in
            var cells: [String: String] = [:]
            for (column, value) in zip(table.columns, row) { cells[column.name] = value }
            return cells
        }
    }

    @Test("compares the newest build with those before it, and never averages what was cut short")
    func series() async throws {
        let fixture = try await BuildMemoryFixture.make()
        var profiles = [
            Self.profile(100, daysAgo: 5, jobs: 1), Self.profile(110, daysAgo: 4, jobs: 2), Self.profile(120, daysAgo: 3, jobs: 3),
            Self.profile(130, daysAgo: 2, jobs: 4), Self.profile(200, daysAgo: 1, jobs: 5, commit: "feedbeef0123"),
        ]
        // The newest of all was killed: its figure is a bound and no peak.
        var killed = Self.profile(390, daysAgo: 0, jobs: 9)
        killed.censored = .oomKill
        profiles.append(killed)
        // Too old to count.
        profiles.append(Self.profile(5_000, daysAgo: 100, jobs: 1))
        // Another series: no step, warm, two builds.
        for days in 1...2 {
            var warm = Self.profile(10 * days, daysAgo: days, jobs: 0)
            warm.step = nil
            warm.cache = .warm
            warm.memory.pss = 8 * days << 20
            profiles.append(warm)
        }
        try await fixture.store(profiles.map { fixture.job($0) })

        let rows = try await Self.report(on: fixture)
        #expect(rows.count == 2)
        let cold = try #require(rows.first)
        #expect(
            cold == [
                "step": "build", "runner": "ci", "cache": "cold", "builds": "6", "censored": "1", "peak_p50_mib": "120.0", "peak_p95_mib": "186.0",
                "at_least_mib": "390.0", "newest_mib": "200.0", "newest_pct": "73.9", "newest_commit": "feedbeef01", "of_limit_pct": "50.0",
                "one_process_pct": "50.0", "jobs": "3",
            ])
        let warm = try #require(rows.last)
        #expect(warm["step"] == "swift build")
        #expect(warm["peak_p50_mib"] == "12.0", "PSS where it was read")
        #expect(warm["newest_mib"] == "8.0")
        #expect(warm["newest_pct"] == nil, "two builds are no series")
        #expect(warm["at_least_mib"] == nil)
    }
}
