import Dispatch
import Foundation

#if os(Linux)
import Glibc
#endif

/// A command that was run and measured.
package struct ProfileRun: Sendable {
    package let profile: BuildProfile
    /// What to exit with: the command's own code, or 128 + signal.
    package let exitCode: Int32
    /// Processes of the command that go on after it, as a daemon that it started. They are left alone.
    package let survivors: Int

    /// Runs a command to its end and measures the memory of its process tree.
    ///
    /// Sampling takes place on a thread of its own and not on the pool that Swift's tasks share: it waits most of the time, and
    /// must not be late when others compute. It cannot be cancelled; the command ends it.
    /// - Throws: ``ProfileError`` when the command cannot be started. Nothing that happens afterwards is thrown.
    package static func run(_ options: ProfileOptions) async throws -> ProfileRun {
        #if os(Linux)
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Result { try measure(options) })
            }
            thread.name = "profile-sampler"
            thread.start()
        }
        #else
        throw ProfileError(.unsupported, "mainstay profile reads /proc, which only Linux has; run the command without it here")
        #endif
    }
}

#if os(Linux)
extension ProfileRun {
    /// Blocks the calling thread until the command has ended.
    private static func measure(_ options: ProfileOptions) throws -> ProfileRun {
        let repository = Repository.state()
        let group = ControlGroup.current()
        let machine = Machine.current(runner: options.runner, limit: group?.memoryLimit())
        let adopter = options.ownsProcess && LinuxCalls.becomeSubreaper() ? getpid() : nil
        let killsBefore = ControlGroup.kills(in: group)

        let forwarding = options.ownsProcess ? SignalForwarding() : nil
        let startedAt: Date
        let sampler: Sampler
        let child: ChildProcess
        do {
            sampler = try Sampler(adopter: adopter, share: options.budget)
            startedAt = Date()
            child = try ChildProcess.spawn(options.command)
        } catch {
            forwarding?.end()
            throw error
        }
        forwarding?.begin(to: child.pid)

        let ended = DispatchSemaphore(value: 0)
        Thread {
            SignalForwarding.receiveOnThisThread()
            child.waitUntilEnded()
            ended.signal()
        }.start()
        sampler.run(command: child.pid, until: ended)
        forwarding?.end()
        let ending = child.reap() ?? ChildProcess.Ending(code: 125, signal: nil, cpu: 0, largestProcess: nil)
        let kills = (before: killsBefore, after: ControlGroup.kills(in: group))

        var profile = sampler.profile(of: options, startedAt: startedAt, ending: ending)
        profile.machine = machine
        (profile.commit, profile.dirty) = repository
        profile.censored = Censoring(before: kills.before, after: kills.after, exitCode: ending.code, signal: ending.signal)
        return ProfileRun(profile: profile, exitCode: ending.code, survivors: sampler.survivors)
    }
}

extension Sampler {
    /// What was seen, as the document that is kept.
    fileprivate func profile(of options: ProfileOptions, startedAt: Date, ending: ChildProcess.Ending) -> BuildProfile {
        let duration = Int(elapsed.rounded())
        var memory = MemoryPeak(rss: ledger.peak.rss)
        memory.rssAt = ledger.peakAt
        memory.processes = ledger.peak.processes
        memory.compileJobs = ledger.peak.compileJobs
        if let pss { (memory.pss, memory.pssAt, memory.rssAtPSS) = (pss.bytes, pss.at, pss.rss) }
        memory.largestProcess = max(ending.largestProcess ?? 0, ledger.largestEver)
        // A process may rise and end between two looks; the tree was at least as large as the largest that the kernel saw.
        if let largest = memory.largestProcess, largest > memory.rss { (memory.rss, memory.rssAt) = (largest, nil) }

        let command = CommandText(arguments: options.command, longest: ProfileLimits.word)
        var profile = BuildProfile(command: command.text, startedAt: startedAt, duration: duration, exitCode: Int(ending.code), memory: memory)
        profile.step = options.step
        profile.labels = options.labels
        profile.tools = options.tools
        profile.cache = options.cache
        profile.signal = ending.signal.map(Int.init)
        profile.cpu = ending.cpu
        profile.processCount = ledger.seen
        for point in timeline.points {
            profile.timeline.at.append(point.at)
            profile.timeline.rss.append(point.rss)
            profile.timeline.processes.append(point.processes)
            profile.timeline.compileJobs.append(point.compileJobs)
        }
        profile.processes = ledger.entries(limit: ledger.capacity).map { $0.peak(ticksPerSecond: ledger.ticksPerSecond) }
        profile.overhead = Overhead(cpu: cost, samples: budget.scans, pssReads: budget.pssReads, budget: options.budget)
        return profile
    }
}
#endif

extension ProcessLedger.Entry {
    /// As it is kept.
    func peak(ticksPerSecond: Int) -> ProcessPeak {
        var process = ProcessPeak(pid: Int(identity.pid), command: command.text, peakRSS: peakRSS)
        process.parent = Int(parent)
        process.role = command.role
        process.started = started
        process.ended = ended
        process.peakAt = peakAt
        process.rssAtTreePeak = rssAtTreePeak
        process.pssAtTreePeak = pssAtTreePeak
        process.cpu = Int(clamping: cpuTicks) * 1_000 / max(ticksPerSecond, 1)
        return process
    }
}
