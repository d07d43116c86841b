import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Workspaces

/// The fakes are put together here, so that no scanner stumbles over this file.
@Suite("Whatever looks like a key keeps an agent from being published")
struct AgentsKeysBlockTests {
    private static let mixed = "q7Rk2VbX9mTz4NcW8pLd6HsY3gFj5Ae1Uo0iKxMvBnQwEr"
    private static let fake = "ghp_" + String(mixed.prefix(36))
    private static let bytes = (0..<64).map { String($0 * 3) }.joined(separator: ", ")

    /// A member of a character, and the place that is named.
    private static let places: [(String, String)] = [
        ("\"bio\": [\"fine\", \"use \(fake) please\"]", "#/bio/1"),
        ("\"bio\": \"\\u0067hp_\(mixed.prefix(36))\"", "#/bio"),
        ("\"system\": \"OPENAI_API_KEY=\(mixed)\"", "#/system"),
        ("\"topics\": [\"\(fake)\"]", "#/topics/0"),
        ("\"lore\": [\"-----BEGIN " + "RSA PRIVATE KEY-----\"]", "#/lore/0"),
        (
            "\"messageExamples\": [[{\"user\": \"a\", \"content\": {\"text\": \"postgres://me:" + "hunter22@db/x\"}}]]",
            "#/messageExamples/0/0/content/text"
        ),
        ("\"knowledge\": [\"a\", \"b\", \"c \(fake)\"]", "#/knowledge/2"),
        ("\"style\": {\"all\": [\"\(fake)\"], \"chat\": [], \"post\": []}", "#/style/all/0"),
        ("\"plugins\": [{\"name\": \"@x/y\", \"options\": {\"apiKey\": \"\(mixed)\"}}]", "#/plugins/0/options/apiKey"),
        ("\"settings\": {\"twitter\": {\"password\": \"hunter22\"}}", "#/settings/twitter/password"),
        ("\"settings\": {\"twitter\": {\"password\": 8812345678}}", "#/settings/twitter/password"),
        ("\"settings\": {\"wallet\": [\(bytes)]}", "#/settings/wallet"),
        ("\"deep\": {\"a/b\": {\"c~d\": [0, {\"\(fake)\": 1}]}}", "#/deep/a~1b/c~0d/1/%5Bredacted%5D"),
        ("\"env\": [{\"name\": \"TWITTER_API_SECRET_KEY\", \"value\": \"\(mixed)\"}]", "#/env/0/value"),
    ]

    @Test("anywhere in the file; the place is named and the key is not", .timeLimit(.minutes(1)), arguments: places)
    func everywhere(member: String, pointer: String) async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let created = try await ask(.post, "/v1/agents", "{\"name\": \"Leaky\", \(member)}")
                #expect(created.status == .created, "\(created.text)")
                let id = try #require(created.json["id"]?.string)
                let refused = try await ask(.post, "/v1/agents/\(id)/publish")
                #expect(refused.status == .unprocessableContent)
                #expect(refused.json["type"] == "urn:mainstay:problem:keys-remain")
                #expect(refused.pointers == [pointer])
                #expect(!refused.text.contains(Self.mixed.prefix(20)) && !refused.text.contains("hunter22"))
                for table in ["published_agents", "published_versions"] {
                    #expect(try await fixture.count("select count(*) from \(table)") == 0, "\(table)")
                }
                #expect(try await fixture.count("select count(*) from agents where visibility = 'public'") == 0)
            }
        }
    }

    @Test("in a changelog too, of the publication and of the import", .timeLimit(.minutes(1)))
    func changelog() async throws {
        try await AgentsFixture.with { fixture in
            try await fixture.asking { ask in
                let id = try #require(try await ask(.post, "/v1/agents", #"{"name": "Leaky"}"#).json["id"]?.string)
                let path = "/v1/agents/\(id)/publish"
                let refused = try await ask(.post, path, "{\"changelog\": \"now with \(Self.fake)\"}")
                #expect(refused.status == .unprocessableContent && refused.pointers == ["#/changelog"])
                #expect(try await ask(.post, path, #"{"changelog": "now without"}"#).status == .ok)
                _ = try await ask(.post, "/v1/agents?changelog=\(Self.fake)", #"{"name": "Leaky", "bio": "two"}"#)
                #expect(try await ask(.post, path).pointers == ["#/changelog"])
                #expect(try await ask(.post, path, #"{"changelog": ""}"#).status == .ok, "said anew")
                #expect(try await fixture.count("select count(*) from published_versions where changelog like '%ghp%'") == 0)
            }
        }
    }
}
