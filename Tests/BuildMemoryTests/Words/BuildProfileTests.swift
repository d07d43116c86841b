import Foundation
import Testing

@testable import BuildMemory

@Suite("A build profile")
struct BuildProfileTests {
    private static let minimal = #"{"command":"make","started_at":"2026-03-01T12:00:00Z","duration_ms":1000,"exit_code":0,"peak_rss":1048576}"#
    private let now = Date(timeIntervalSince1970: 1_773_000_000)

    private func decode(_ json: String) throws -> BuildProfile { try JSONDecoder().decode(BuildProfile.self, from: Data(json.utf8)) }

    @Test("comes back from JSON as it was")
    func roundTrip() throws {
        let data = try JSONEncoder().encode(BuildProfile.example)
        #expect(try JSONDecoder().decode(BuildProfile.self, from: data) == .example)
    }

    @Test("has the names that are promised")
    func names() throws {
        let data = try JSONEncoder().encode(BuildProfile.example)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "version", "command", "step", "labels", "commit", "dirty", "tools", "machine", "cache", "started_at", "duration_ms", "exit_code",
                "peak_rss",
                "peak_rss_at_ms", "peak_pss", "peak_pss_at_ms", "rss_at_peak_pss", "largest_process_rss", "processes_at_peak", "compile_jobs_at_peak",
                "cpu_ms", "process_count", "timeline", "processes", "overhead",
            ])
        #expect(object["started_at"] as? String == "2026-02-25T06:13:20.250Z")
    }

    @Test("needs only what no profile can be without")
    func small() throws {
        let profile = try decode(Self.minimal)
        #expect(profile.memory.rss == 1 << 20)
        #expect(profile.startedAt == Date(timeIntervalSince1970: 1_772_366_400))
        #expect(profile.faults(now: now).isEmpty)
        for key in ["command", "started_at", "duration_ms", "exit_code", "peak_rss"] {
            let without = Self.minimal.replacingOccurrences(of: "\"\(key)\"", with: "\"x\"")
            #expect(throws: DecodingError.self, "without \(key)") { try decode(without) }
        }
    }

    @Test("takes a time only as RFC 3339 writes it", arguments: ["yesterday", "2026-03-01", "1772366400", ""])
    func times(text: String) {
        #expect(throws: DecodingError.self) { try decode(Self.minimal.replacingOccurrences(of: "2026-03-01T12:00:00Z", with: text)) }
    }

    @Test("takes a role that this release does not know for none")
    func laterRole() throws {
        let json = Self.minimal.dropLast() + #","processes":[{"pid":1,"command":"x","peak_rss":1,"role":"proofread"}]}"#
        #expect(try decode(String(json)).processes.first?.role == .other)
    }

    @Test("is without fault when the profiler wrote it")
    func sound() {
        #expect(BuildProfile.example.faults(now: now).isEmpty)
    }

    private static let faulty: [(String, @Sendable (inout BuildProfile) -> Void)] = [
        ("/command", { $0.command = "" }),
        ("/command", { $0.command = "a\u{0}b" }),
        ("/command", { $0.command = String(repeating: "x", count: 4_097) }),
        ("/version", { $0.version = 2 }),
        ("/step", { $0.step = "" }),
        ("/labels/a/b", { $0.labels = ["a/b": "\u{0}"] }),
        ("/labels", { $0.labels = ["\u{0}": "b"] }),
        (
            "/labels",
            { profile in
                profile.labels = [:]; for place in 0..<51 { profile.labels["\(place)"] = "x" }
            }
        ),
        ("/tools/swift", { $0.tools = ["swift": String(repeating: "6", count: 257)] }),
        ("/commit", { $0.commit = "HEAD" }),
        ("/started_at", { $0.startedAt = Date(timeIntervalSince1970: 1_773_100_000) }),
        ("/started_at", { $0.startedAt = Date(timeIntervalSince1970: 0) }),
        ("/duration_ms", { $0.duration = -1 }),
        ("/duration_ms", { $0.duration = Int.max }),
        ("/exit_code", { $0.exitCode = 256 }),
        ("/signal", { $0.signal = 0 }),
        ("/peak_rss", { $0.memory.rss = -5 }),
        ("/peak_rss", { $0.memory.rss = 1 << 60 }),
        ("/peak_pss", { $0.memory.pss = -1 }),
        ("/machine/cores", { $0.machine.cores = 0 }),
        ("/machine/memory_limit", { $0.machine.memoryLimit = -1 }),
        ("/machine/runner", { $0.machine.runner = "a\u{0}" }),
        ("/timeline/rss/1", { $0.timeline.rss[1] = -1 }),
        ("/timeline/rss", { $0.timeline.rss.removeLast() }),
        ("/timeline/processes", { $0.timeline.processes.append(1) }),
        ("/timeline/at_ms/2", { $0.timeline.at[2] = 3 }),
        ("/timeline", { $0.timeline.at = Array(0...10_000) }),
        ("/processes", { $0.processes = Array(repeating: $0.processes[0], count: 2_001) }),
        ("/processes/1/peak_rss", { $0.processes[1].peakRSS = -1 }),
        ("/processes/0/command", { $0.processes[0].command = "\u{0}" }),
        ("/processes/0/pid", { $0.processes[0].pid = 1 << 40 }),
        ("/overhead/budget", { $0.overhead?.budget = .nan }),
        ("/overhead/samples", { $0.overhead?.samples = -1 }),
    ]

    @Test("names each fault and its place", arguments: faulty.indices)
    func faults(place: Int) {
        let (pointer, spoil) = Self.faulty[place]
        var profile = BuildProfile.example
        spoil(&profile)
        #expect(profile.faults(now: now).map { "/" + $0.path.joined(separator: "/") } == [pointer])
    }

    @Test("lists a bounded number of faults")
    func bounded() {
        var profile = BuildProfile.example
        profile.timeline.at = Array(0..<1_000)
        profile.timeline.rss = Array(repeating: -1, count: 1_000)
        profile.timeline.processes = []
        profile.timeline.compileJobs = []
        #expect(profile.faults(now: now).count == ProfileLimits.faults)
    }
}
