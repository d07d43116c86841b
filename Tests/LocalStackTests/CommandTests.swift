import TestSupport
import Testing

@testable import LocalStack

@Suite(.timeLimit(.minutes(1)))
struct CommandTests {
    private func shell(_ script: String, input: String = "", deadline: Duration = .seconds(30)) -> Command {
        Command(name: "script", words: ["/bin/sh", "-c", script], environment: ["WORD": "a b"], input: input, deadline: deadline)
    }

    @Test func `Input goes in, both outputs and the exit code come out`() async throws {
        let result = try await shell("cat; echo \"$WORD\" >&2; pwd; exit 3", input: "in\n").run()
        #expect(result.output == "in\n/\n")
        #expect(result.errors == "a b\n")
        #expect(result.status == 3)
    }

    @Test func `A signal is 128 and its number`() async throws {
        #expect(try await shell("kill -TERM $$").run().status == 143)
    }

    @Test func `More output than a pipe holds is no hindrance`() async throws {
        let text = String(repeating: "0123456789abcde\n", count: 20_000)
        #expect(try await shell("cat", input: text).run().output == text)
    }

    @Test func `A failure tells the program's last words and what to do`() async throws {
        let error = await #expect(throws: LocalStackError.self) {
            try await shell("echo 'write failed: No space left on device' >&2; exit 1").check()
        }
        #expect(error?.code == .commandFailed)
        #expect(error?.message == "script ended with status 1:\nwrite failed: No space left on device")
        #expect(error?.remedy?.contains("disk is full") == true)
    }

    @Test func `A program that takes too long is killed`() async throws {
        let error = await #expect(throws: LocalStackError.self) {
            try await shell("echo working; exec sleep 600", deadline: .seconds(3)).run()
        }
        #expect(error?.code == .deadline)
        #expect(error?.message.contains("working") == true)
    }

    @Test func `What it had started is killed with it`() async throws {
        let error = await #expect(throws: LocalStackError.self) { try await shell("sleep 600 & echo $!; wait", deadline: .seconds(3)).run() }
        let left = try #require(error?.message.lastLines(1)).trimmingPrefix("\n")
        #expect(RunningProcess(pid: try #require(Int32(left)), mark: "sleep") == nil)
    }

    @Test func `Cancellation kills it`() async throws {
        let task = Task { try await shell("exec sleep 600").run() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func `What a program leaves running holds nothing of ours, and is not waited for`() async throws {
        let start = ContinuousClock.now
        let result = try await shell("sleep 600 & echo $!").run()
        #expect(ContinuousClock.now - start < .seconds(20))
        let left = try #require(Int32(result.output.lastLines(1)))
        try await eventually("it is what it will be") { RunningProcess(pid: left, mark: "sleep 600") != nil }
        #expect(RunningProcess(pid: left, mark: "sleep 601") == nil)
        #expect(RunningProcess(pid: left, mark: "sleep")?.signal(9) == true)
    }

    @Test func `A program that is not there is an error, not a crash`() async throws {
        let result = try await Command(name: "nothing", words: ["/nowhere/nothing"]).run()
        #expect(result.status == 127)
    }
}

@Suite struct FreePortTests {
    @Test func `A port with a listener is not free, one without is`() async throws {
        let taken = try #require(try await TestStack.shared().endpoints.ports[.redis])
        #expect(!FreePort.isFree(taken))
        let free = try FreePort.next()
        #expect(FreePort.isFree(free))
        #expect(FreePort.range.contains(free))
    }

    @Test(arguments: [-1, 0, 65_536]) func `What is no port is not free`(port: Int) {
        #expect(!FreePort.isFree(port))
    }
}

@Suite struct PasswordTests {
    @Test func `Passwords are long, hexadecimal, and all different`() {
        let one = Passwords.generate()
        let two = Passwords.generate()
        let all = [one, two].flatMap { [$0.redis, $0.superuser, $0.owner, $0.server, $0.reporting] }
        #expect(Set(all).count == 10)
        #expect(all.allSatisfy { $0.utf8.count == 48 && $0.allSatisfy(\.isHexDigit) })
    }
}
