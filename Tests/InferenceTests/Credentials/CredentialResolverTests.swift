import Foundation
import JobsTesting
import Synchronization
import Testing

@testable import Inference

@Suite("Finding a workspace's key of a provider") struct CredentialResolverTests {
    /// A store that counts, and a clock that a test moves.
    private final class World: Sendable {
        struct State {
            var sealed: [String: SealedSecret] = [:]
            var lookUps = 0
        }

        let state = Mutex(State())
        let clock = ManualClock()
        var lookUps: Int { state.withLock { $0.lookUps } }

        func put(_ sealed: SealedSecret?, _ provider: String) { state.withLock { $0.sealed[provider] = sealed } }
        func pass(_ time: Duration) { clock.advance(by: time) }
    }

    private let workspace = UUID()
    private let world = World()

    private func resolver(_ keys: SealingKeys) -> CredentialResolver {
        CredentialResolver(keys: keys, clock: world.clock) { [world] provider, _ in
            world.state.withLock { state in
                state.lookUps += 1
                return state.sealed[provider]
            }
        }
    }

    @Test("a key is looked up once, and a removal holds within a second")
    func removal() async throws {
        let keys = try SealingKeys(SetupFixture.oldKey)
        world.put(try keys.seal(Array("sk-mine".utf8), for: .credential(of: "openai", workspace)), "openai")
        let resolver = resolver(keys)
        for _ in 0..<5 {
            #expect(try await resolver.key(provider: "openai", workspace: workspace)?.revealed == "sk-mine")
            world.pass(.milliseconds(90))
        }
        #expect(world.lookUps == 1)
        world.put(nil, "openai")
        world.pass(.milliseconds(100))
        #expect(try await resolver.key(provider: "openai", workspace: workspace) == nil)
        #expect(try await resolver.key(provider: "openai", workspace: workspace) == nil)
        #expect(world.lookUps == 2, "that there is none is remembered, too")
    }

    @Test("who changes a key here sees it at once")
    func changed() async throws {
        let keys = try SealingKeys(SetupFixture.oldKey)
        let resolver = resolver(keys)
        #expect(try await resolver.key(provider: "openai", workspace: workspace) == nil)
        world.put(try keys.seal(Array("sk-new".utf8), for: .credential(of: "openai", workspace)), "openai")
        #expect(try await resolver.key(provider: "openai", workspace: workspace) == nil)
        resolver.changed(provider: "openai", workspace: workspace)
        #expect(try await resolver.key(provider: "openai", workspace: workspace)?.revealed == "sk-new")
    }

    @Test("a key that does not open is an error and not an absence, and is printed nowhere")
    func closed() async throws {
        let keys = try SealingKeys(SetupFixture.oldKey)
        world.put(try keys.seal(Array("sk-mine".utf8), for: .credential(of: "openai", UUID())), "openai")
        await #expect(throws: SealFault.damaged) { try await resolver(keys).key(provider: "openai", workspace: workspace) }
        await #expect(throws: SealFault.unknownKey("old")) { try await resolver(.none).key(provider: "openai", workspace: workspace) }
        world.put(try keys.seal(Array("sk-mine".utf8), for: .credential(of: "openai", workspace)), "openai")
        let key = try #require(await resolver(keys).key(provider: "openai", workspace: workspace))
        #expect("\(key)" == "***" && String(reflecting: key) == "***")
    }
}
