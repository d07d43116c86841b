import Foundation

@testable import BuildMemory

extension BuildProfile {
    /// A profile with every field set.
    static var example: BuildProfile {
        var memory = MemoryPeak(rss: 3_672_197_000)
        memory.rssAt = 31_200
        memory.pss = 3_199_750_000
        memory.pssAt = 31_200
        memory.rssAtPSS = 3_672_197_000
        memory.largestProcess = 1_288_490_189
        memory.processes = 3
        memory.compileJobs = 2
        var profile = BuildProfile(
            command: "swift build", startedAt: Date(timeIntervalSince1970: 1_772_000_000.25), duration: 42_300, exitCode: 0, memory: memory)
        profile.step = "build"
        profile.labels = ["branch": "main"]
        profile.commit = "0123456789abcdef0123456789abcdef01234567"
        profile.dirty = false
        profile.tools = ["swift": "6.3.1"]
        profile.machine.os = "Linux"
        profile.machine.kernel = "6.1.0"
        profile.machine.architecture = "x86_64"
        profile.machine.cores = 4
        profile.machine.memoryTotal = 32 << 30
        profile.machine.memoryLimit = 16 << 30
        profile.machine.runner = "linux-x86_64-4c-16g"
        profile.cache = .cold
        profile.cpu = 80_000
        profile.processCount = 40
        profile.timeline.at = [0, 15_000, 31_200, 40_000]
        profile.timeline.rss = [100 << 20, 1_900 << 20, 3_672_197_000, 2_000 << 20]
        profile.timeline.processes = [1, 2, 3, 2]
        profile.timeline.compileJobs = [0, 1, 2, 1]
        var first = ProcessPeak(pid: 12, command: "swift-frontend Redis: A.swift", peakRSS: 1_288_490_189)
        first.parent = 10
        first.role = .compile
        first.started = 1_000
        first.ended = 40_100
        first.peakAt = 31_200
        first.rssAtTreePeak = 1_288_490_189
        first.pssAtTreePeak = 1_181_116_006
        first.cpu = 30_000
        var second = ProcessPeak(pid: 13, command: "swift-frontend Jobs: B.swift", peakRSS: 2_254_857_830)
        second.rssAtTreePeak = 1_095_216_660
        second.cpu = 12_500
        profile.processes = [first, second]
        profile.overhead = Overhead(cpu: 120, samples: 812, pssReads: 14, budget: 0.01)
        return profile
    }
}
