import Foundation
import HTTPTypes
import TestSupport
import Testing
import Web

@testable import Inference

@Suite("Keys of providers over HTTP", .timeLimit(.minutes(1))) struct CredentialRoutesTests {
    private static let key = "sk-a-very-secret-key-4711"

    @Test("a key is kept sealed, found by runs, shown by its end, replaced and removed")
    func life() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                let kept = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":" \#(Self.key)\n"}"#)
                #expect(kept.status == .ok && kept.json["hint"] == "4711" && kept.json["sealed_under"] == "old")
                #expect(try await ask.setup.credentials.key(provider: "openai", workspace: fixture.workspace)?.revealed == Self.key)
                #expect(try await ask.setup.credentials.key(provider: "openai", workspace: fixture.other) == nil)
                let stored = try await fixture.database.psql("select encode(sealed, 'escape') || hint from provider_credentials")
                #expect(!stored.contains(Self.key) && stored.contains("4711"))

                let shown = try await ask(.get, "/v1/provider-credentials/openai")
                #expect(shown.status == .ok && shown.json["last_used_at"]?.string != nil)
                let listed = try await ask(.get, "/v1/provider-credentials")
                #expect(listed.json["items"]?.elements?.count == 1)
                for answer in [kept, shown, listed] { #expect(!answer.text.contains(Self.key)) }

                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"sk-another-0815"}"#)
                #expect(try await ask.setup.credentials.key(provider: "openai", workspace: fixture.workspace)?.revealed == "sk-another-0815")
                #expect(try await ask(.delete, "/v1/provider-credentials/openai").status == .noContent)
                #expect(try await ask.setup.credentials.key(provider: "openai", workspace: fixture.workspace) == nil)
                #expect(try await ask(.delete, "/v1/provider-credentials/openai").status == .notFound)
            }
        }
    }

    @Test("another workspace sees none of it, and whoever is no owner may not ask")
    func strangers() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                #expect(try await ask(.get, "/v1/provider-credentials/openai", as: "theirs").status == .notFound)
                #expect(try await ask(.delete, "/v1/provider-credentials/openai", as: "theirs").status == .notFound)
                #expect(try await ask(.get, "/v1/provider-credentials", as: "theirs").json["items"]?.elements == [])
                #expect(try await ask(.get, "/v1/provider-credentials", as: "member").status == .forbidden)
                #expect(try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#, as: "member").status == .forbidden)
            }
        }
    }

    @Test("a row that was copied to another workspace does not open there")
    func copied() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                _ = try await fixture.database.psql(
                    """
                    insert into provider_credentials (workspace_id, provider, key_id, sealed, hint)
                    select '\(fixture.other)', provider, key_id, sealed, hint from provider_credentials
                    """)
                await #expect(throws: SealFault.damaged) {
                    try await ask.setup.credentials.key(provider: "openai", workspace: fixture.other)
                }
            }
        }
    }

    @Test("what cannot be a key is refused without being repeated, and without a sealing key nothing is kept")
    func refused() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                for key in ["short", "with-\u{e9}-accents", String(repeating: "k", count: 9_000)] {
                    let answer = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(key)"}"#)
                    #expect(answer.status == .unprocessableContent && answer.pointers == ["#/key"] && !answer.text.contains(key))
                }
                #expect(try await ask(.put, "/v1/provider-credentials/Open%20AI", #"{"key":"\#(Self.key)"}"#).status == .notFound)
            }
            try await fixture.asking(keys: nil) { ask in
                let answer = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                #expect(answer.status == .notImplemented && answer.json["type"] == "urn:mainstay:problem:no-sealing-key")
            }
            #expect(try await fixture.database.psql("select count(*) from provider_credentials") == "0\n")
        }
    }

    @Test("a rotation seals everything anew, leaves what is new alone, and tells what does not open")
    func rotation() async throws {
        try await SetupFixture.with { fixture in
            try await fixture.asking { ask in
                _ = try await ask(.put, "/v1/provider-credentials/openai", #"{"key":"\#(Self.key)"}"#)
                _ = try await ask(.post, "/v1/tools", #"{"name":"weather","url":"https://tools.example.com/"}"#)
            }
            let both = try SealingKeys("\(SetupFixture.newKey),\(SetupFixture.oldKey)")
            let rotation = SecretRotation(pool: fixture.pool, keys: both)
            let first = try await rotation.rotate(fixture.workspace, by: .tester)
            #expect(first.resealed == 2 && first.closed.isEmpty)
            let second = try await rotation.rotate(fixture.workspace, by: .tester)
            #expect(second.resealed == 0 && second.closed.isEmpty)
            let elsewhere = try await rotation.rotate(fixture.other, by: .tester)
            #expect(elsewhere == SecretRotation.Outcome())

            // The older key is needed for nothing any more.
            let onlyNew = try SealingKeys(SetupFixture.newKey)
            let resolver = CredentialResolver(store: CredentialStore(pool: fixture.pool), keys: onlyNew)
            #expect(try await resolver.key(provider: "openai", workspace: fixture.workspace)?.revealed == Self.key)
            let tools = WebhookTools(
                store: ToolStore(pool: fixture.pool), keys: onlyNew, caller: WebhookToolCaller(policy: .strict), logger: fixture.logger)
            #expect(try await tools.offered(to: fixture.workspace).map(\.name) == ["weather"])

            let lost = try await SecretRotation(pool: fixture.pool, keys: try SealingKeys(SetupFixture.oldKey)).rotate(fixture.workspace, by: .tester)
            #expect(lost.resealed == 0 && lost.closed.count == 2 && lost.closed.contains("provider openai"))
        }
    }
}
