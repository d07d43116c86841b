#if os(Linux)
import Foundation
import Glibc
import Testing

@testable import BuildMemory

/// What takes over a whole process (handlers, adoption, standard files) is tested in a process of its own.
@Suite("The profiler's process", .timeLimit(.minutes(1)))
struct ProcessOwnershipTests {
    @Test("hands TERM, INT, HUP and USR1 on to the command, and takes its exit code")
    func signals() async {
        await #expect(processExitsWith: .success) {
            for signal in ["TERM", "INT", "HUP", "USR1"] {
                // The command asks its parent, the profiler, to stop it: a runner's time limit.
                let script = "trap 'exit 7' \(signal); kill -\(signal) $PPID; while :; do sleep 0.02; done"
                let run = try await ProfileRun.run(ProfileOptions(command: ["sh", "-c", script]))
                try #require(run.exitCode == 7, "\(signal)")
            }
            let run = try await ProfileRun.run(ProfileOptions(command: ["sh", "-c", "kill -TERM $PPID; while :; do sleep 0.02; done"]))
            try #require(run.exitCode == 143)
            try #require(run.profile.signal == 15)
        }
    }

    @Test("puts the handlers back when the command has ended")
    func handlersRestored() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            _ = try await ProfileRun.run(ProfileOptions(command: ["true"]))
            SignalForwarding.receiveOnThisThread()
            raise(SIGTERM)
        }
    }

    @Test("leaves an ignored signal ignored, as nohup asks")
    func ignored() async {
        await #expect(processExitsWith: .success) {
            signal(SIGHUP, SIG_IGN)
            let run = try await ProfileRun.run(ProfileOptions(command: ["sh", "-c", "kill -HUP $PPID; kill -HUP $$; exit 5"]))
            try #require(run.exitCode == 5)
        }
    }

    @Test("passes input and output through untouched")
    func files() async {
        await #expect(processExitsWith: .success) {
            var input: [Int32] = [0, 0]
            var output: [Int32] = [0, 0]
            try #require(pipe(&input) == 0 && pipe(&output) == 0)
            dup2(input[0], 0)
            let kept = dup(1)
            dup2(output[1], 1)
            let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try #require(write(input[1], bytes, bytes.count) == bytes.count)
            close(input[1])
            close(input[0])
            let run = try await ProfileRun.run(ProfileOptions(command: ["cat"]))
            dup2(kept, 1)
            close(output[1])
            var received = [UInt8](repeating: 0, count: 8_000)
            let count = read(output[0], &received, received.count)
            try #require(run.exitCode == 0)
            try #require(Array(received.prefix(max(count, 0))) == bytes)
        }
    }

    @Test("adopts orphans of the command, counts them in the tree, and leaves them running")
    func orphans() async {
        await #expect(processExitsWith: .success) {
            // The inner shell ends at once; its child goes on, and is the profiler's from then on.
            let script = "sh -c 'sh -c \"head -c 30000000 /dev/zero | tail -c 30000000 | sleep 60\" & exit 0'; sleep 3"
            let run = try await ProfileRun.run(ProfileOptions(command: ["sh", "-c", script]))
            try #require(run.exitCode == 0)
            try #require(run.survivors >= 2)
            try #require(run.profile.memory.rss > 30_000_000)
            let reader = try ProcReader()
            var pids: [Int32] = []
            reader.pids(into: &pids)
            let mine = pids.filter { reader.stat($0)?.parent == getpid() }
            try #require(!mine.isEmpty)
            let known = Set(run.profile.processes.map { Int32($0.pid) })
            for pid in known where reader.stat(pid) != nil { kill(pid, SIGKILL) }
        }
    }

    @Test("waits for orphans that end before the command does")
    func reaps() async {
        await #expect(processExitsWith: .success) {
            let script = "for i in 1 2 3 4 5; do sh -c 'sleep 0.1 & exit 0'; done; sleep 2"
            let run = try await ProfileRun.run(ProfileOptions(command: ["sh", "-c", script]))
            try #require(run.survivors == 0)
            var status: Int32 = 0
            try #require(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD)
        }
    }
}
#endif
