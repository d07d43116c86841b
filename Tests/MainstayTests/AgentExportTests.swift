import TestSupport
import Testing
import Workspaces

@testable import mainstay

@Suite struct AgentExportTests {
    @Test("an answer is a file with the digits of its numbers, and a line for each note")
    func answer() throws {
        let text = """
            {"shape": "v1", "notes": [
               {"kind": "moved", "pointer": "/lore", "detail": "there"}, {"kind": "left", "pointer": "/status", "detail": "only v2"}],
             "cut": true, "character": {"name": "a", "long": 12345678901234567890}}
            """
        let answer = try AgentCommand.Export.read(Array(text.utf8))
        #expect(answer.character.lines == "{\n  \"name\": \"a\",\n  \"long\": 12345678901234567890\n}")
        #expect(answer.notes == ["moved: /lore, there", "left out: /status, only v2", "and more than these"])
    }

    @Test("what an older ingress answers is no file")
    func older() {
        #expect(throws: AgentCommand.Export.Unreadable.self) { try AgentCommand.Export.read(Array("{}".utf8)) }
    }

    @Test(
        "a version is of a published agent, and the generation one of three", .timeLimit(.minutes(1)),
        arguments: [
            ["guide", "--version", "1.0.0"], ["harbor/guide", "--version", "latest"], ["guide", "--format", "v3"], ["a/b/c"],
        ])
    func misuse(arguments: [String]) async throws {
        let result = try await Program.run(["agent", "export"] + arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"])
        #expect(result.status == 64, "\(result.errors)")
    }
}
