import Foundation
import TestSupport
import Testing

/// `mainstay emulate` as a program: its address, its end, and a script that is none.
@Suite(.timeLimit(.minutes(1))) struct EmulateTests {
    @Test("says its address in one line, and ends in order on SIGTERM")
    func address() async throws {
        let file = try TestFolder.make("emulate") + "/address"
        // The file fills when the server listens; a program that has ended fills nothing.
        let script = """
            "$0" emulate openrouter --json >"$1" & emulator=$!
            while [ ! -s "$1" ] && kill -0 $emulator; do sleep 0.05; done
            kill -TERM $emulator; wait $emulator; echo "ended with $?"
            """
        let result = try await Program.run(
            words: ["/bin/sh", "-c", script, try Deployment.program, file], environment: ["PATH": "/usr/bin:/bin"])
        #expect(result.output == "ended with 0\n", "\(result.errors)")
        let line = try String(contentsOfFile: file, encoding: .utf8)
        #expect(line.contains(#/^\{"version":1,"kind":"openrouter","url":"http://127\.0\.0\.1:([0-9]+)/api/v1","port":\1\}\n$/#), "\(line)")
    }

    @Test("says which place of a script is wrong, and what is wanted there")
    func wrongScript() async throws {
        let file = try TestFolder.make("emulate") + "/script.json"
        try #"{"rules":[{"answer":{"ending":{"kind":"boom"}}}]}"#.write(toFile: file, atomically: true, encoding: .utf8)
        let result = try await Program.run(["emulate", "openai", "--script", file], environment: [:])
        #expect(result.status == 64)
        #expect(result.errors.contains("rules[0].answer.ending.kind"), "\(result.errors)")
        let missing = try await Program.run(["emulate", "openai", "--script", file + "x"], environment: [:])
        #expect(missing.status == 64)
        let stranger = try await Program.run(["emulate", "gemini"], environment: [:])
        #expect(stranger.status == 64)
        #expect(stranger.errors.contains("openrouter"))
    }
}
