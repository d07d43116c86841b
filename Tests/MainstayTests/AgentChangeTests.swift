import ArgumentParser
import Foundation
import Testing

@testable import mainstay

@Suite("mainstay agent rename and deprecate") struct AgentChangeTests {
    private func item(_ name: String, _ visibility: String = "public") throws -> AgentItem {
        let text = """
            {"id": "019a", "owner": "acme", "name": "\(name)", "display_name": "A", "visibility": "\(visibility)", "version": 1, "updated_at": "x"}
            """
        return try APIClient.decoder.decode(AgentItem.self, from: Data(text.utf8))
    }

    @Test("a renaming is a line with both names, and of a public agent its owner is told where the old address leads")
    func renamed() throws {
        let (old, new) = (try item("guide"), try item("pilot"))
        #expect(AgentCommand.Rename.table(old, new).json.contains(#"{"name":"pilot","former_name":"guide","visibility":"public","id":"019a"}"#))
        #expect(AgentCommand.Rename.advice(old, new) == ["acme/guide leads to acme/pilot from now on, and the name stays yours"])
        #expect(AgentCommand.Rename.advice(old, old) == ["it had this name before"])
        #expect(try AgentCommand.Rename.advice(item("guide", "private"), item("pilot", "private")) == [])
    }

    @Test("a deprecation sends its reason, and its end sends none")
    func wishes() throws {
        #expect(try AgentCommand.Deprecate.parse(["guide", "--reason", "Old."]).wish == ["status": "deprecated", "reason": "Old."])
        #expect(try AgentCommand.Deprecate.parse(["guide", "--undo"]).wish == ["status": "active"])
        let text = #"{"owner": "acme", "name": "guide", "status": "active"}"#
        let status = try APIClient.decoder.decode(StatusItem.self, from: Data(text.utf8))
        #expect(AgentCommand.Deprecate.table(status).rows == [["acme/guide", "active", nil, nil]])
    }

    @Test(
        "what is no reason is refused before anything is asked",
        arguments: [[], ["--reason", " "], ["--reason", String(repeating: "x", count: 501)], ["--reason", "Old.", "--undo"]])
    func reasons(_ words: [String]) {
        #expect(throws: (any Error).self) { _ = try AgentCommand.Deprecate.parse(["guide"] + words) }
    }

    @Test("what is no name is refused before anything is asked", arguments: ["Guide", "a--b", "publish", "a/b", ""])
    func names(_ name: String) {
        #expect(throws: (any Error).self) { _ = try AgentCommand.Rename.parse(["guide", name]) }
    }

    @Test("every command of an agent's life says in its help how it is called")
    func help() {
        for help in [
            AgentCommand.helpMessage(), AgentCommand.List.helpMessage(), AgentCommand.Show.helpMessage(), AgentCommand.Publish.helpMessage(),
            AgentCommand.Rename.helpMessage(), AgentCommand.Deprecate.helpMessage(), AgentCommand.Unpublish.helpMessage(),
        ] {
            #expect(help.contains("EXAMPLES") && help.contains("mainstay agent "))
        }
    }
}
