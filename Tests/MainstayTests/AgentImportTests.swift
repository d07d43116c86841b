import Foundation
import TestSupport
import Testing

@testable import mainstay

@Suite("mainstay agent import") struct AgentImportTests {
    @Test("says at its end how many files became what")
    func summary() {
        #expect(AgentCommand.Import.summary(of: ["created", "failed", "created", "unchanged"]) == "4 files: 2 created, 1 unchanged, 1 failed")
        #expect(AgentCommand.Import.summary(of: ["updated", "updated"]) == "2 files: 2 updated")
    }

    @Test("a folder is looked through to its bottom, in the order of names, but for what is hidden and for links to folders")
    func folders() throws {
        let folder = try TestFolder.make("import")
        let manager = FileManager.default
        for path in ["b/deep/er", ".git", "a.d", "empty"] {
            try manager.createDirectory(atPath: "\(folder)/\(path)", withIntermediateDirectories: true)
        }
        for path in ["c.json", "a.d/z", "a.d/y.json", "b/deep/er/x.json", "b/deep/w.json", ".hidden.json", ".git/config", "b/.DS_Store"] {
            try "{}".write(toFile: "\(folder)/\(path)", atomically: false, encoding: .utf8)
        }
        try manager.createSymbolicLink(atPath: "\(folder)/b/round", withDestinationPath: folder)
        try manager.createSymbolicLink(atPath: "\(folder)/d.json", withDestinationPath: "\(folder)/c.json")
        let found = ["a.d/y.json", "a.d/z", "b/deep/er/x.json", "b/deep/w.json", "c.json", "d.json"].map { "\(folder)/\($0)" }
        #expect(CharacterFiles.paths([folder]) == found)
        #expect(CharacterFiles.paths(["\(folder)/", "nowhere.json"]) == found + ["nowhere.json"])
        #expect(CharacterFiles.paths(["\(folder)/empty"]).isEmpty)
    }

    @Test("a folder without a file is said to be one, and no success", .timeLimit(.minutes(1)))
    func nothing() async throws {
        let folder = try TestFolder.make("import")
        let result = try await Program.run(["agent", "import", folder], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"])
        #expect(result.status == 64 && result.errors.contains("there is no file in \(folder)"), "\(result.errors)")
    }

    @Test("a publication tells which plugins hurt, what does not work first, and what name and title resemble")
    func published() throws {
        let text = """
            {"owner": "acme", "name": "guide", "looks_like": "other/guide-1", "resembles": {"owner": "other", "name": "harbor"},
             "publication": {"version": "1.1.0", "number": 2, "shown": false, "change": "created", "url": "x"},
             "plugins": [
               {"name": "a", "advice": {"verdict": "unmaintained", "reason": "it left the registry"}}, {"name": "b"},
               {"name": "c", "advice": {"verdict": "incompatible", "reason": "it asks for core 2"}},
               {"name": "d", "advice": {"verdict": "ok", "reason": "fine"}}]}
            """
        let item = try APIClient.decoder.decode(PublishedItem.self, from: Data(text.utf8))
        #expect(
            item.advice == [
                "version 1.1.0; a higher one is shown still", "incompatible: c, it asks for core 2", "unmaintained: a, it left the registry",
                "the name resembles other/guide-1, another owner's; the directory says so",
                "the title looks the same as that of other/harbor, which had it first; the directory says so",
            ])
    }

    @Test("a version is one, before anything is asked", .timeLimit(.minutes(1)), arguments: ["latest", "^1.0.0", "1.0"])
    func version(text: String) async throws {
        let result = try await Program.run(
            ["agent", "publish", "guide", "--version", text], environment: ["PATH": "/usr/bin:/bin", "HOME": "/tmp"])
        #expect(result.status == 64 && result.errors.contains("semver.org"), "\(result.errors)")
    }
}
