import Testing

@testable import Postgres

@Suite struct StatementCacheTests {
    private func key(_ text: String, _ parameters: any PostgresEncodable...) throws -> StatementCache.Key {
        .init(try Statement(.trusted(file: text), parameters, caller: .init(file: #fileID, line: #line)))
    }

    @Test func `a statement is prepared once and then used`() throws {
        var cache = StatementCache(capacity: 4)
        let a = try key("a")
        #expect(cache.plan(a) == .prepare(name: "s1", evicting: nil))
        cache.confirmed(a)
        cache.beginTrip()
        #expect(cache.plan(a) == .use(name: "s1"))
    }

    @Test func `the second use in the same trip does not prepare again`() throws {
        var cache = StatementCache(capacity: 4)
        #expect(cache.plan(try key("a")) == .prepare(name: "s1", evicting: nil))
        #expect(cache.plan(try key("a")) == .use(name: "s1"))
    }

    @Test func `what the server skipped is prepared again under a new name`() throws {
        var cache = StatementCache(capacity: 4)
        let a = try key("a")
        _ = cache.plan(a)
        cache.forgotten(a)
        #expect(cache.plan(a) == .prepare(name: "s2", evicting: nil))
    }

    @Test func `other parameter types make another statement`() throws {
        var cache = StatementCache(capacity: 4)
        #expect(cache.plan(try key("a", Int32(1))) == .prepare(name: "s1", evicting: nil))
        #expect(cache.plan(try key("a", Int64(1))) == .prepare(name: "s2", evicting: nil))
        #expect(cache.plan(try key("a", Int64?.none)) == .use(name: "s2"))
    }

    @Test func `the least recently used one goes when the cache is full`() throws {
        var cache = StatementCache(capacity: 2)
        for text in ["a", "b"] {
            cache.beginTrip()
            _ = cache.plan(try key(text))
            cache.confirmed(try key(text))
        }
        cache.beginTrip()
        _ = cache.plan(try key("a"))
        cache.beginTrip()
        #expect(cache.plan(try key("c")) == .prepare(name: "s3", evicting: "s2"))
        #expect(cache.count == 2)
    }

    @Test func `nothing that the trip itself uses is evicted`() throws {
        var cache = StatementCache(capacity: 1)
        _ = cache.plan(try key("a"))
        cache.confirmed(try key("a"))
        cache.beginTrip()
        #expect(cache.plan(try key("a")) == .use(name: "s1"))
        #expect(cache.plan(try key("b")) == .prepare(name: "s2", evicting: nil))
        #expect(cache.plan(try key("c")) == .prepare(name: "s3", evicting: nil))
    }
}
