import Foundation
import HTTPTypes
import Jobs
import Postgres
import TestSupport
import Testing
import Web

@testable import Directory
@testable import Workspaces

@Suite("Forks")
struct ForkJobsTests {
    private static let eliza = ForkAgent(owner: "acme", name: "eliza", forkName: nil)

    @Test("a fork is the published character, minus secrets, with an id of its own and a note of where it came from", .timeLimit(.minutes(1)))
    func copy() async throws {
        try await DirectoryFixture.with { fixture in
            let file = try DirectoryFixture.character()
            let original = try await fixture.publish(file)
            let name = try #require(AgentName(displayName: file.name)).text
            try await fixture.withWorker {
                try await fixture.asking { ask in
                    let accepted = try await ask(.post, "/v1/agents/acme/\(name)/forks")
                    #expect(accepted.status == .accepted)
                    #expect(accepted.json["kind"] == "agent.fork")
                    #expect(accepted.json["secrets_to_set"]?.elements?.compactMap(\.string) == file.strippedSecrets.map(\.description))
                    let id = try #require(accepted.id)
                    let status = try #require(try await fixture.producer.wait(id, workspace: fixture.rival, timeout: .seconds(15)))
                    #expect(status.state == .done, "\(status)")
                    let result = try JSONDecoder().decode(ForkResult.self, from: Data(try #require(status.result)))
                    #expect(
                        result
                            == ForkResult(
                                agent: id.lowercased, name: name, forkedFrom: "acme/\(name)", version: 1,
                                secretsToSet: file.strippedSecrets.map(\.description)))

                    let fork = try await fixture.desk.detail(of: id, workspace: fixture.rival)
                    #expect(fork.version.character.canonicalBytes == file.document.canonicalBytes)
                    #expect(fork.version.digest == CharacterDigest(file.document))
                    #expect(fork.agent.forkedFrom == ForkSource(owner: "acme", name: name, version: 1, agent: original))
                    #expect(fork.agent.visibility == .private)
                    #expect(fork.version.secretPlaces == file.strippedSecrets.map(\.description))
                    #expect(fork.agent.id != original)
                    #expect(try await ask(.get, "/v1/agents/\(id)").status == .ok)
                    #expect(try await ask(.get, "/v1/agents/\(id)", token: "acme").status == .notFound, "it is the forker's alone")
                }
            }
        }
    }

    @Test("whoever forks by a program is told at once which plugins have nobody who looks after them", .timeLimit(.minutes(1)))
    func warned() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza", "plugins": ["@elizaos/plugin-new", "@elizaos/plugin-gone"]}"#)
            _ = try await fixture.publish(#"{"name": "Plain"}"#)
            _ = try await fixture.database.psql(
                """
                insert into plugin_records (name, owner, repository, lines, first_seen_at, gone_at, maintenance, maintenance_reason, source_digest)
                values ('@elizaos/plugin-gone', 'elizaos', 'https://github.com/elizaos/gone', '{v1}', now(), now(), 'gone', 'gone', sha256('x'));
                """)
            try await fixture.asking { ask in
                let headers: HTTPFields = [.idempotencyKey: "f-1"]
                for _ in 0..<2 {
                    let accepted = try await ask(.post, "/v1/agents/acme/eliza/forks", headers: headers)
                    #expect(accepted.status == .accepted)
                    let warnings = accepted.json["plugin_warnings"]?.elements ?? []
                    #expect(warnings.compactMap { $0["name"]?.string } == ["@elizaos/plugin-gone"])
                    #expect(warnings.compactMap { $0["verdict"]?.string } == ["unmaintained"])
                    #expect(warnings.first?["reason"]?.string?.isEmpty == false)
                }
                let plain = try await ask(.post, "/v1/agents/acme/plain/forks")
                for name in ["plugin_warnings", "secrets_to_set"] { #expect(plain.json[name]?.elements?.isEmpty == true, "\(name)") }
            }
        }
    }

    @Test("a repeated request is the same fork, and tells what became of it", .timeLimit(.minutes(1)))
    func repeated() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.withWorker {
                try await fixture.asking { ask in
                    let headers: HTTPFields = [.idempotencyKey: "f-1"]
                    let first = try await ask(.post, "/v1/agents/acme/eliza/forks", headers: headers)
                    #expect(first.json["state"] == "queued")
                    let id = try #require(first.id)
                    _ = try await fixture.producer.wait(id, workspace: fixture.rival, timeout: .seconds(15))
                    let again = try await ask(.post, "/v1/agents/acme/eliza/forks", headers: headers)
                    #expect(again.id == id && again.json["state"] == "done")
                    #expect(again.headers[.idempotencyReplayed] == "true")
                }
            }
        }
    }

    @Test("an id inside of the character becomes the fork's", .timeLimit(.minutes(1)))
    func innerID() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"id": "5d0c6c1e-9f0e-4f3f-8a43-0d7b5f4c2e11", "name": "Eliza", "plugins": ["@x/one@^2"]}"#)
            let result = try await fixture.handle(Self.eliza)
            let id = try #require(UUID(uuidString: result.agent))
            let fork = try await fixture.desk.detail(of: id, workspace: fixture.rival)
            #expect(fork.version.character["id"]?.text == result.agent)
            #expect(fork.version.changelog == "Forked from acme/eliza, version 1.")
            #expect(try await fixture.count("select count(*) from plugins where workspace_id = '\(fixture.rival)' and range = '^2'") == 1)
        }
    }

    @Test("secrets are never copied, not even when the directory were to hold some", .timeLimit(.minutes(1)))
    func secrets() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            // Past every guard that a program of ours has to pass.
            _ = try await fixture.database.psql(
                """
                alter table published_agents drop constraint published_agents_character_check;
                update published_agents set character = '{"name": "Eliza", "secrets": {"A": "leak-1"}, "settings": {"secrets": {"B": "leak-2"}, "x": 1}}';
                """)
            let id = try #require(UUID(uuidString: try await fixture.handle(Self.eliza).agent))
            let fork = try await fixture.desk.detail(of: id, workspace: fixture.rival)
            #expect(String(decoding: fork.version.character.canonicalBytes, as: UTF8.self) == #"{"name":"Eliza","settings":{"x":1}}"#)
            #expect(try await fixture.count("select count(*) from agent_versions where character::text like '%leak%'") == 0)
        }
    }

    @Test("the same job again makes nothing new, and says the same", .timeLimit(.minutes(1)))
    func again() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let id = UUID.version7()
            let first = try await fixture.handle(Self.eliza, id: id)
            let second = try await fixture.handle(Self.eliza, id: id)
            #expect(first == second)
            #expect(try await fixture.count("select count(*) from agents where workspace_id = '\(fixture.rival)'") == 1)
            #expect(try await fixture.count("select count(*) from agent_versions where workspace_id = '\(fixture.rival)'") == 1)
        }
    }

    @Test("the same Idempotency-Key is one fork, whatever happens to the directory meanwhile", .timeLimit(.minutes(1)))
    func idempotency() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.withWorker {
                try await fixture.asking { ask in
                    let path = "/v1/agents/acme/eliza/forks"
                    let first = try await ask(.post, path, #"{"name": "mine"}"#, headers: [.idempotencyKey: "k"])
                    let id = try #require(first.id)
                    #expect(try await fixture.producer.wait(id, workspace: fixture.rival, timeout: .seconds(15))?.state == .done)
                    for _ in 0..<3 {
                        let again = try await ask(.post, path, #"{"name": "mine"}"#, headers: [.idempotencyKey: "k"])
                        #expect(again.status == .accepted)
                        #expect(again.id == id)
                        #expect(again.headers[.idempotencyReplayed] == "true")
                    }
                    let other = try await ask(.post, path, #"{"name": "yours"}"#, headers: [.idempotencyKey: "k"])
                    #expect(other.status == .unprocessableContent)
                    #expect(try await fixture.count("select count(*) from agents where workspace_id = '\(fixture.rival)'") == 1)
                }
            }
        }
    }

    @Test("a taken name is numbered, by twelve forks at once too", .timeLimit(.minutes(1)))
    func names() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let names = try await withThrowingTaskGroup(of: String.self, returning: [String].self) { group in
                for _ in 0..<12 { group.addTask { try await fixture.handle(Self.eliza).name } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(names) == Set(["eliza"] + (2...12).map { "eliza-\($0)" }))
            // In the publisher's own workspace the name is taken by the original.
            #expect(try await fixture.handle(Self.eliza, workspace: fixture.acme).name == "eliza-2")
        }
    }

    @Test("a given name is kept, or the fork fails for good", .timeLimit(.minutes(1)))
    func givenName() async throws {
        try await DirectoryFixture.with { fixture in
            _ = try await fixture.publish(#"{"name": "Eliza"}"#)
            let wanted = ForkAgent(owner: "acme", name: "eliza", forkName: "lisa")
            #expect(try await fixture.handle(wanted).name == "lisa")
            let error = try await #require(throws: PermanentJobError.self) { try await fixture.handle(wanted) }
            #expect(error.code == "name_taken")
            #expect(try await fixture.count("select count(*) from agents where workspace_id = '\(fixture.rival)'") == 1)
        }
    }

    @Test("an agent that vanishes after the request was accepted ends the job for good", .timeLimit(.minutes(1)))
    func vanished() async throws {
        try await DirectoryFixture.with { fixture in
            let agent = try await fixture.publish(#"{"name": "Eliza"}"#)
            try await fixture.asking { ask in
                let accepted = try await ask(.post, "/v1/agents/acme/eliza/forks")
                let id = try #require(accepted.id)
                #expect(try await fixture.pool.execute(.workspaces([fixture.acme]), "delete from published_agents where agent_id = $1", agent) == 1)
                try await fixture.withWorker {
                    let status = try #require(try await fixture.producer.wait(id, workspace: fixture.rival, timeout: .seconds(15)))
                    #expect(status.state == .dead)
                    #expect(status.attempts == 1, "it was not tried again")
                    #expect(status.error?.contains("acme/eliza is not published any more") == true)
                }
                #expect(try await fixture.count("select count(*) from agents where workspace_id = '\(fixture.rival)'") == 0)
            }
        }
    }

    @Test("a payload of this version decodes as it was encoded")
    func payload() throws {
        let payload = ForkAgent(owner: "acme", name: "eliza", forkName: "lisa")
        let body = try JSONEncoder().encode(payload)
        #expect(try JSONDecoder().decode(ForkAgent.self, from: body) == payload)
        #expect(try JSONDecoder().decode(ForkAgent.self, from: Data(#"{"owner":"acme","name":"eliza"}"#.utf8)).forkName == nil)
        #expect(ForkAgent.kind.name == "agent.fork")
        #expect(ForkAgent.kind.queue == "forks")
        #expect(ForkAgent.kind.acceptance == .ledger)
    }
}
