#if os(Linux)
import Foundation
import Glibc
import Testing

@testable import BuildMemory

/// Real commands, without taking over this process: other suites have children in it.
@Suite("Profiling a command", .timeLimit(.minutes(1)))
struct ProfileRunTests {
    private func run(_ command: [String], budget: Double = ProfileOptions.defaultBudget) async throws -> ProfileRun {
        var options = ProfileOptions(command: command)
        options.budget = budget
        options.ownsProcess = false
        return try await ProfileRun.run(options)
    }

    private static let mebibyte = 1 << 20

    /// Three forks that hold 10, 20 and 30 MiB of their own at the same time, and say so before they end.
    private static let threeForks = """
        import os
        ready, tell = os.pipe()
        go, wait = os.pipe()
        for size in (10, 20, 30):
            if os.fork() == 0:
                held = bytearray(size << 20)
                for place in range(0, len(held), 4096): held[place] = 1
                os.write(tell, b'x')
                os.close(wait)
                os.read(go, 1)
                os._exit(0)
        for _ in range(3): os.read(ready, 1)
        import time
        time.sleep(0.6)
        os.close(wait)
        for _ in range(3): os.wait()
        """

    @Test("sums a tree of 10, 20 and 30 MiB, where the largest single process shows half of it")
    func tree() async throws {
        let run = try await run(["python3", "-c", Self.threeForks], budget: 0.2)
        #expect(run.exitCode == 0)
        let memory = run.profile.memory
        // 60 MiB that were touched, and four interpreters of some 5 to 15 MiB.
        #expect((62 * Self.mebibyte...140 * Self.mebibyte).contains(memory.rss), "\(memory.rss >> 20) MiB")
        let largest = try #require(memory.largestProcess)
        #expect((31 * Self.mebibyte...60 * Self.mebibyte).contains(largest), "\(largest >> 20) MiB")
        #expect(memory.rss > largest + 30 * Self.mebibyte)
        // Forks share the interpreter's pages: counted once, the tree is smaller, but never below what was touched. (Twenty times
        // the usual budget, for a busy machine makes each look dear and PSS must have been read here.)
        let pss = try #require(memory.pss)
        #expect((60 * Self.mebibyte..<memory.rss).contains(pss), "\(pss >> 20) MiB")

        let forks = run.profile.processes.filter { ($0.rssAtTreePeak ?? 0) > 10 * Self.mebibyte }
        #expect(forks.count >= 3)
        #expect(run.profile.processes.first?.peakRSS ?? 0 > 30 * Self.mebibyte)
        #expect(memory.processes ?? 0 >= 4)
        #expect(run.profile.timeline.rss.max() == memory.rss)
        #expect(run.profile.faults(now: Date()).isEmpty)
        #expect(run.survivors == 0)
    }

    @Test("sees memory that is held in a pipeline of the shell")
    func pipeline() async throws {
        let run = try await run(["sh", "-c", "head -c 40000000 /dev/zero | tail -c 40000000 | (sleep 2; cat >/dev/null)"])
        #expect(run.exitCode == 0)
        #expect(run.profile.memory.rss > 40_000_000)
        #expect(run.profile.processes.first?.command.hasPrefix("tail -c 40000000") == true)
        #expect(run.profile.duration >= 500)
    }

    @Test(
        "passes exit codes on as a shell does",
        arguments: [
            (["sh", "-c", "exit 0"], 0), (["sh", "-c", "exit 42"], 42), (["sh", "-c", "kill -TERM $$"], 143), (["sh", "-c", "kill -KILL $$"], 137),
            (["sh", "-c", "sh -c 'kill -KILL $$'; exit $?"], 137),
        ] as [([String], Int32)])
    func exitCodes(command: [String], code: Int32) async throws {
        let run = try await run(command)
        #expect(run.exitCode == code)
        #expect(run.profile.exitCode == Int(code))
        #expect((run.profile.censored == .signal) == (code > 128))
    }

    @Test("answers 127 for what is not there and 126 for what cannot be run")
    func notStarted() async throws {
        for (command, expected) in [("no-such-command-here", Int32(127)), ("/no/such/file", 127), ("/etc/passwd", 126), ("/", 126), ("", 127)] {
            let error = await #expect(throws: ProfileError.self) { try await run([command]) }
            #expect(error?.exitCode == expected, "\(command)")
        }
    }

    @Test("runs a script that lacks its first line, as shells do")
    func scriptWithoutInterpreter() async throws {
        let path = NSTemporaryDirectory() + "script-\(UUID().uuidString)"
        defer { unlink(path) }
        // Written by another process: a file that this one holds open for writing may be busy, for tests beside this one fork.
        #expect(try await run(["sh", "-c", "echo 'exit 9' > \(path) && chmod 755 \(path)"]).exitCode == 0)
        #expect(try await run([path]).exitCode == 9)
    }

    @Test("stays near its budget and says what it cost")
    func overhead() async throws {
        let run = try await run(["sleep", "2"])
        let overhead = try #require(run.profile.overhead)
        #expect(overhead.samples > 5)
        #expect(overhead.pssReads >= 1)
        // One percent of two seconds and the allowance are 40 ms; a machine under load may charge us for its own trouble.
        #expect(overhead.cpu <= 120, "\(overhead.cpu) ms")
    }
}
#endif
