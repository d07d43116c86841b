import Foundation
import Testing

@testable import mainstay

@Suite("mainstay agent import") struct AgentImportTests {
    @Test("says at its end how many files became what")
    func summary() {
        #expect(AgentCommand.Import.summary(of: ["created", "failed", "created", "unchanged"]) == "4 files: 2 created, 1 unchanged, 1 failed")
        #expect(AgentCommand.Import.summary(of: ["updated", "updated"]) == "2 files: 2 updated")
    }
}
