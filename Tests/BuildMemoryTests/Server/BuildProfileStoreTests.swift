import Foundation
import Jobs
import Testing

@testable import BuildMemory

@Suite("Build profiles in PostgreSQL", .timeLimit(.minutes(1)))
struct BuildProfileStoreTests {
    @Test("Every field comes back as it was given")
    func fields() async throws {
        let fixture = try await BuildMemoryFixture.make()
        let accepted = Date(timeIntervalSince1970: 1_772_000_100.5)
        let job = fixture.job(acceptedAt: accepted)
        try await fixture.store([job])
        let stored = try #require(try await fixture.stored(job.id))
        #expect(stored.profile == .example)
        #expect(stored.id == job.id)
        #expect(stored.acceptedAt == accepted)
        #expect(stored.digest.count == 32)
    }

    @Test("The smallest profile is stored too, and odd text as it is")
    func small() async throws {
        let fixture = try await BuildMemoryFixture.make()
        var profile = BuildProfile(
            command: "“größer” 🪙 \\ \" '", startedAt: Date(timeIntervalSince1970: 1_772_000_000), duration: 0, exitCode: 137,
            memory: MemoryPeak(rss: 0))
        profile.censored = .oomKill
        profile.labels = ["a\"b": "c\\d\n", "": ""]
        let job = fixture.job(profile)
        try await fixture.store([job])
        let stored = try #require(try await fixture.stored(job.id))
        #expect(stored.profile == profile)
        #expect(try await fixture.count("select count(*) from build_steps") == 0)
    }

    @Test("A profile that is delivered again changes nothing")
    func redelivery() async throws {
        let fixture = try await BuildMemoryFixture.make()
        let jobs = (0..<20).map { _ in fixture.job() }
        try await fixture.store(jobs)
        var altered = BuildProfile.example
        altered.memory.rss = 1
        altered.processes += altered.processes
        let again = jobs.map { fixture.job(altered, id: $0.id) }
        // Again among a new one, and twice in one batch.
        try await fixture.store(again + [fixture.job()] + again)
        #expect(try await fixture.count("select count(*) from build_profiles") == 21)
        #expect(try await fixture.count("select count(*) from build_steps") == 42)
        #expect(try await fixture.count("select count(*) from build_profiles where peak_rss = 1") == 0)
        #expect(try await fixture.count("select count(*) from finished_jobs where kind = 'build-profile.store' and state = 'done'") == 21)
    }

    @Test("One measurement has one digest")
    func digest() async throws {
        let fixture = try await BuildMemoryFixture.make()
        var other = BuildProfile.example
        other.timeline.rss[1] += 1
        let jobs = [fixture.job(), fixture.job(), fixture.job(other)]
        try await fixture.store(jobs)
        let digests = try await jobs.asyncMap { try await fixture.stored($0.id)?.digest }
        #expect(digests[0] == digests[1])
        #expect(digests[0] != digests[2])
    }

    @Test("A workspace sees its own profiles only, also when another has the same id")
    func tenants() async throws {
        let fixture = try await BuildMemoryFixture.make()
        let other = UUID()
        var theirs = BuildProfile.example
        theirs.command = "theirs"
        let mine = fixture.job()
        try await fixture.store([mine, fixture.job(theirs, id: mine.id, workspace: other)])
        #expect(try await fixture.stored(mine.id)?.profile.command == "swift build")
        #expect(try await fixture.stored(mine.id, workspace: other)?.profile.command == "theirs")
        #expect(try await fixture.stored(mine.id, workspace: UUID()) == nil)
        let page = try await BuildProfileStore.page(of: other, step: nil, commit: nil, before: nil, limit: 10, in: fixture.pool)
        #expect(page.map(\.profile.command) == ["theirs"])
    }

    @Test("Lists are newest first, filtered by step and commit, and without timelines")
    func pages() async throws {
        let fixture = try await BuildMemoryFixture.make()
        var other = BuildProfile.example
        other.step = "test"
        other.commit = "ffff456789abcdef0123456789abcdef01234567"
        let jobs = (0..<6).map { fixture.job($0.isMultiple(of: 2) ? .example : other) }
        try await fixture.store(jobs)
        func page(step: String? = nil, commit: String? = nil, before: UUID? = nil, limit: Int = 10) async throws -> [UUID] {
            let rows = try await BuildProfileStore.page(
                of: fixture.workspace, step: step, commit: commit, before: before, limit: limit, in: fixture.pool)
            #expect(rows.allSatisfy { $0.profile.timeline.at.isEmpty && $0.profile.processes.isEmpty })
            return rows.map(\.id)
        }
        let ids = jobs.map(\.id).sorted { $0.lowercased > $1.lowercased }
        #expect(try await page() == ids)
        #expect(try await page(before: ids[1], limit: 2) == [ids[2], ids[3]])
        let tests = Set(jobs.filter { $0.payload.profile.step == "test" }.map(\.id))
        #expect(try await page(step: "test") == ids.filter(tests.contains))
        #expect(try await page(commit: "ffff4") == ids.filter(tests.contains))
        #expect(try await page(step: "build", commit: "ffff4") == [])
    }

    @Test("The largest profile that is valid is stored")
    func largest() async throws {
        let fixture = try await BuildMemoryFixture.make()
        var profile = BuildProfile.example
        profile.timeline.at = Array(0..<ProfileLimits.timelinePoints)
        profile.timeline.rss = Array(repeating: ProfileLimits.bytes, count: ProfileLimits.timelinePoints)
        profile.timeline.processes = Array(repeating: 10_000_000, count: ProfileLimits.timelinePoints)
        profile.timeline.compileJobs = profile.timeline.processes
        var process = profile.processes[0]
        process.command = String(repeating: "é", count: ProfileLimits.command / 2)
        process.pid = Int(Int32.max)
        process.cpu = ProfileLimits.cpuMilliseconds
        profile.processes = Array(repeating: process, count: ProfileLimits.processes)
        profile.memory.rss = ProfileLimits.bytes
        profile.duration = ProfileLimits.milliseconds
        profile.processCount = 1_000_000_000
        #expect(profile.faults(now: Date()).isEmpty)
        let job = fixture.job(profile)
        try await fixture.store([job])
        #expect(try await fixture.stored(job.id)?.profile == profile)
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
