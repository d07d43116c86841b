import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite("Finding an agent for a run", .timeLimit(.minutes(1))) struct AgentCharacterStoreTests {
    @Test("By id or name in its own workspace, by owner and name once published, and not otherwise")
    func finding() async throws {
        try await InferenceFixture.with { fixture in
            let agent = UUID()
            let other = UUID()
            _ = try await fixture.database.psql(
                """
                insert into workspaces (id, slug, name) values ('\(fixture.workspace)', 'mine', 'Mine'), ('\(other)', 'theirs', 'Theirs');
                insert into agents (workspace_id, id, name, display_name, version) values ('\(fixture.workspace)', '\(agent)', 'ada', 'Ada', 2);
                insert into agent_versions (workspace_id, id, agent_id, number, shape, digest, character)
                select '\(fixture.workspace)', gen_random_uuid(), '\(agent)', number, 'v2', sha256('x'),
                  jsonb_build_object('name', 'Ada', 'bio', jsonb_build_array('Version ' || number), 'system', 'Be Ada.',
                    'style', jsonb_build_object('all', jsonb_build_array('a'), 'chat', jsonb_build_array('b'), 'post', jsonb_build_array('c')))
                from generate_series(1, 2) number;
                """)
            let store = AgentCharacterStore(pool: fixture.pool)
            for reference in [agent.uuidString, agent.uuidString.lowercased(), "ada", "mine/ada"] {
                let found = try #require(await store.agent(reference, workspace: fixture.workspace), "\(reference)")
                #expect(found.id == agent)
                #expect(found.label == "mine/ada")
                #expect(found.system == "Be Ada.")
                #expect(found.bio == ["Version 2"])
                #expect(found.style == ["a", "b"])
                #expect(try await store.agent(reference, workspace: other) == nil, "\(reference) is private")
            }
            _ = try await fixture.database.psql(
                """
                insert into published_agents (owner, name, listing_id, workspace_id, agent_id, version, digest, shape, display_name, summary, character)
                values ('mine', 'ada', gen_random_uuid(), '\(fixture.workspace)', '\(agent)', 1, sha256('x'), 'v2', 'Ada', 'Ada',
                  '{"name":"Ada","bio":["Published"]}')
                """)
            #expect(try await store.agent("mine/ada", workspace: other)?.bio == ["Published"])
            #expect(try await store.agent("mine/ada", workspace: fixture.workspace)?.bio == ["Version 2"])
            #expect(try await store.agents(workspace: fixture.workspace) == ["mine/ada"])
            #expect(try await store.agents(workspace: other).isEmpty)
            for reference in ["", "/", "ada/", "/ada", "mine/ada/x", "mine/bob", "bob", UUID().uuidString, "a\u{0}b"] {
                #expect(try await store.agent(reference, workspace: fixture.workspace) == nil, "\(reference)")
            }
        }
    }
}
