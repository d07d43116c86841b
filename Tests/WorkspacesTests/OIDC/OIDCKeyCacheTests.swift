import Testing
import Web

@testable import Workspaces

@Suite("When an issuer's keys are asked for", .timeLimit(.minutes(1)))
struct OIDCKeyCacheTests {
    private typealias Cache = OIDCKeyCache<StillClock.Instant, Int>

    /// What came of asking, without the keys themselves.
    private enum Word: Equatable {
        case serve(Int)
        case serveAndBegin(Int)
        case join(Int)
        case begin
        case settled
        case missing(Duration)

        init(_ answer: Cache.Answer) {
            switch answer {
            case .serve(let keys): self = .serve(keys.generation)
            case .serveAndBegin(let keys): self = .serveAndBegin(keys.generation)
            case .join(let flight): self = .join(flight)
            case .begin: self = .begin
            case .settled: self = .settled
            case .missing(let left): self = .missing(left)
            }
        }
    }

    private let set: OIDCKeySet
    private let discovery: OIDCDiscovery

    init() async throws {
        let key = try await IssuerKey.edDSA("k1")
        set = try OIDCKeySet(JSONValue.object([.init("keys", [key.shown])]).bytes(), allowing: [.edDSA])
        let issuer = try #require(OIDCAddress("https://id.example.com"))
        let description: JSONValue = ["issuer": "https://id.example.com", "jwks_uri": "https://id.example.com/keys"]
        discovery = try OIDCDiscovery(description.bytes(), of: issuer)
    }

    private func at(_ seconds: Double) -> StillClock.Instant { StillClock.Instant(offset: .seconds(seconds)) }
    private func current(_ cache: Cache, _ seconds: Double) -> Word { Word(cache.current(at: at(seconds))) }
    private func newer(_ cache: Cache, than generation: Int, _ seconds: Double) -> Word { Word(cache.newer(than: generation, at: at(seconds))) }

    /// Keys that came at 0 and are fresh for a minute.
    private func fresh() -> Cache {
        var cache = Cache()
        cache.began(1, at: at(0))
        _ = cache.succeeded(set, of: discovery, for: .seconds(60), since: at(0))
        return cache
    }

    @Test("before the first fetch, while it is under way, and once it failed")
    func none() {
        var cache = Cache()
        #expect(current(cache, 0) == .begin)
        cache.began(1, at: at(0))
        #expect(current(cache, 4) == .join(1))
        cache.failed()
        #expect(current(cache, 4) == .missing(.seconds(6)))
        #expect(current(cache, 9.5) == .missing(.seconds(0.5)))
        #expect(current(cache, 10) == .begin)
        #expect(cache.stale(at: at(4)) == nil)
    }

    @Test("fresh keys serve until their time is over, counted from the beginning of their fetch")
    func lifetime() {
        var cache = Cache()
        cache.began(1, at: at(0))
        _ = cache.succeeded(set, of: discovery, for: .seconds(60), since: at(0))
        #expect(current(cache, 59.9) == .serve(1))
        #expect(current(cache, 60) == .begin)
        cache.began(2, at: at(60))
        #expect(current(cache, 60) == .join(2))
        _ = cache.succeeded(set, of: discovery, for: .seconds(60), since: at(60))
        #expect(current(cache, 119.9) == .serve(2))
    }

    @Test("stale keys serve while the issuer is away, with one try every ten seconds, for six hours")
    func stale() {
        var cache = fresh()
        cache.began(2, at: at(100))
        cache.failed()
        #expect(cache.stale(at: at(100))?.generation == 1)
        #expect(current(cache, 105) == .serve(1))
        #expect(current(cache, 110) == .serveAndBegin(1))
        cache.began(3, at: at(110))
        #expect(current(cache, 115) == .serve(1))
        #expect(current(cache, 125) == .serve(1))
        cache.failed()
        #expect(current(cache, 125) == .serveAndBegin(1))
        let end = 60.0 + 6 * 3600
        #expect(current(cache, end - 1) == .serveAndBegin(1))
        #expect(current(cache, end) == .begin)
        #expect(cache.stale(at: at(end)) == nil)
        cache.began(4, at: at(end))
        #expect(current(cache, end) == .join(4))
        cache.failed()
        #expect(current(cache, end + 1) == .missing(.seconds(9)))
    }

    @Test("an unknown key is asked for, once in ten seconds and by one for all")
    func unknown() {
        var cache = fresh()
        #expect(newer(cache, than: 1, 9) == .settled)
        #expect(newer(cache, than: 1, 10) == .begin)
        cache.began(2, at: at(10))
        #expect(newer(cache, than: 1, 11) == .join(2))
        #expect(current(cache, 11) == .serve(1))
        _ = cache.succeeded(set, of: discovery, for: .seconds(60), since: at(10))
        #expect(newer(cache, than: 1, 12) == .serve(2))
        #expect(newer(cache, than: 2, 12) == .settled)
    }

    @Test("an unknown key while the issuer is away may be a new one: nobody can tell")
    func unknownAway() {
        var cache = fresh()
        cache.began(2, at: at(20))
        cache.failed()
        #expect(newer(cache, than: 1, 25) == .missing(.seconds(5)))
        #expect(current(cache, 25) == .serve(1))
        #expect(newer(cache, than: 1, 30) == .begin)
    }
}
