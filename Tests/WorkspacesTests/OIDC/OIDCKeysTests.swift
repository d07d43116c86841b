import Testing
import Web

@testable import Workspaces

@Suite("Fetching an issuer's keys", .timeLimit(.minutes(1)))
struct OIDCKeysTests {
    @Test("nothing is fetched before the first token, and then once for all who wait")
    func once() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        #expect(fixture.issuer.fetches == 0)
        fixture.issuer.close()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await fixture.keys.current().generation } }
            while fixture.issuer.fetches == 0 { await Task.yield() }
            fixture.issuer.open()
            for try await generation in group { #expect(generation == 1) }
        }
        #expect(fixture.issuer.fetches == 1)
    }

    @Test("keys are kept as long as the issuer says")
    func kept() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        fixture.issuer.allowCaching("max-age=120")
        #expect(try await fixture.keys.current().generation == 1)
        fixture.clock.advance(by: .seconds(119))
        #expect(try await fixture.keys.current().generation == 1)
        fixture.clock.advance(by: .seconds(1))
        #expect(try await fixture.keys.current().generation == 2)
        #expect(fixture.issuer.fetches == 2)
    }

    @Test("an issuer that was never there is asked every ten seconds, and whoever waits is told when")
    func absent() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        fixture.issuer.leave()
        for _ in 0..<20 { await #expect(throws: OIDCKeysMissing(retryAfter: .seconds(10))) { try await fixture.keys.current() } }
        #expect(fixture.issuer.fetches == 1)
        fixture.clock.advance(by: .seconds(4))
        await #expect(throws: OIDCKeysMissing(retryAfter: .seconds(6))) { try await fixture.keys.current() }
        fixture.issuer.comeBack()
        fixture.clock.advance(by: .seconds(6))
        #expect(try await fixture.keys.current().generation == 1)
        #expect(fixture.issuer.fetches == 2)
    }

    @Test("while the issuer is away its last keys serve, nobody waits for it twice, and after six hours they are no longer believed")
    func away() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        fixture.issuer.allowCaching("max-age=60")
        _ = try await fixture.keys.current()
        fixture.issuer.leave()
        fixture.clock.advance(by: .seconds(61))
        #expect(try await fixture.keys.current().generation == 1)
        #expect(fixture.issuer.fetches == 2)
        // The next try has no end, and nobody waits for it.
        fixture.issuer.close()
        fixture.clock.advance(by: .seconds(10))
        for _ in 0..<20 { #expect(try await fixture.keys.current().generation == 1) }
        while fixture.issuer.fetches < 3 { await Task.yield() }
        for _ in 0..<20 { #expect(try await fixture.keys.current().generation == 1) }
        #expect(fixture.issuer.fetches == 3)
        fixture.issuer.open()
        fixture.clock.advance(by: .seconds(6 * 3600))
        await #expect(throws: OIDCKeysMissing.self) { try await fixture.keys.current() }
        fixture.issuer.comeBack()
        fixture.clock.advance(by: .seconds(10))
        #expect(try await fixture.keys.current().generation == 2)
    }

    @Test("what is no key set counts as an issuer that is away: the last keys serve")
    func broken() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        fixture.issuer.allowCaching("max-age=60")
        _ = try await fixture.keys.current()
        fixture.issuer.show([])
        fixture.clock.advance(by: .seconds(61))
        #expect(try await fixture.keys.current().generation == 1)
    }

    @Test("one caller's leaving does not fail the others")
    func leaving() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        fixture.issuer.close()
        let first = Task { try await fixture.keys.current().generation }
        while fixture.issuer.fetches == 0 { await Task.yield() }
        let second = Task { try await fixture.keys.current().generation }
        first.cancel()
        fixture.issuer.open()
        #expect(try await second.value == 1)
    }

    @Test("newer keys are fetched by one for all, ten seconds after the last fetch and no sooner")
    func newer() async throws {
        let fixture = try OIDCFixture([try await .edDSA("k1")])
        let held = try await fixture.keys.current()
        #expect(try await fixture.keys.newer(than: held) == nil)
        fixture.clock.advance(by: .seconds(10))
        fixture.issuer.close()
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for _ in 0..<50 { group.addTask { try await fixture.keys.newer(than: held)?.generation } }
            while fixture.issuer.fetches == 1 { await Task.yield() }
            fixture.issuer.open()
            for try await generation in group { #expect(generation == 2) }
        }
        #expect(fixture.issuer.fetches == 2)
    }
}
