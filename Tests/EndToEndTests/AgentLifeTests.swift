import Foundation
import TestSupport
import Testing

/// The commands of an agent's owner over real HTTP, each seen from outside.
@Suite("An agent's life, by the command line", .serialized, .timeLimit(.minutes(5))) struct AgentLifeTests {
    private static func row(_ result: Program.Result) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return try #require((object?["rows"] as? [[String: Any]])?.first, "\(result.errors)")
    }

    @Test("imported, published, renamed, deprecated, shown again, and taken back")
    func life() async throws {
        try await Deployment.with { deployment in
            let file = "\(try TestFolder.make("life"))/guide.json"
            try #"{"name": "Guide", "bio": ["A guide."]}"#.write(toFile: file, atomically: true, encoding: .utf8)
            let imported = try await deployment.command("agent", "import", file, "--publish")
            try #require(imported.status == 0, "\(imported.errors)")

            let renamed = try await deployment.command("agent", "rename", "guide", "pilot", "--json")
            #expect(renamed.status == 0 && renamed.errors.contains("default/guide leads to default/pilot"), "\(renamed.errors)")
            let names = try Self.row(renamed)
            #expect(names["name"] as? String == "pilot" && names["former_name"] as? String == "guide")
            let left = try await deployment.call("GET", "/v1/directory/withdrawals?updated_since=2020-01-01T00:00:00Z")
            #expect((left.json["items"] as? [[String: Any]])?.first?["status"] as? String == "renamed", "\(left.text)")

            let deprecated = try await deployment.command("agent", "deprecate", "pilot", "--reason", "Take another.", "--json")
            #expect(deprecated.status == 0, "\(deprecated.errors)")
            let advice = try Self.row(deprecated)
            #expect(advice["agent"] as? String == "default/pilot" && advice["status"] as? String == "deprecated")
            let shown = try await deployment.command("agent", "show", "default/pilot")
            let listing = try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
            #expect(listing?["status_reason"] as? String == "Take another.", "\(shown.output)")
            let ended = try await deployment.command("agent", "deprecate", "pilot", "--undo")
            #expect(ended.status == 0 && ended.output.contains("active"), "\(ended.errors)")

            let back = try await deployment.command("agent", "unpublish", "pilot", "--yes")
            #expect(back.status == 0, "\(back.errors)")
            let late = try await deployment.command("agent", "deprecate", "pilot", "--reason", "Old.")
            #expect(late.status == 1 && late.errors.contains("pilot is not published"), "\(late.errors)")
        }
    }

    @Test("what cannot be named so is refused with the reason, and exit code 1; what is no name with 64")
    func refusals() async throws {
        try await Deployment.with { deployment in
            for name in ["guide", "pilot"] {
                let made = try await deployment.call("POST", "/v1/agents?name=\(name)", #"{"name": "Guide", "bio": ["A guide."]}"#)
                try #require(made.status == 201, "\(made.text)")
            }
            let taken = try await deployment.command("agent", "rename", "guide", "pilot")
            #expect(taken.status == 1 && taken.errors.contains("An agent of this workspace is named `pilot`."), "\(taken.errors)")
            let nobody = try await deployment.command("agent", "rename", "nobody", "somebody")
            #expect(nobody.status == 1 && nobody.errors.contains("the workspace has no agent named \"nobody\""), "\(nobody.errors)")
            let wrong = try await deployment.command("agent", "rename", "guide", "The Guide")
            #expect(wrong.status == 64 && wrong.errors.contains("is no name for an agent"), "\(wrong.errors)")
            let unsaid = try await deployment.command("agent", "deprecate", "guide")
            #expect(unsaid.status == 64 && unsaid.errors.contains("--undo"), "\(unsaid.errors)")
        }
    }
}
