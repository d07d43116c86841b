import Testing

@testable import Redis

@Suite struct ClusterMapTests {
    private let asked = ClusterAddress(host: "10.0.0.9", port: 7_000)

    private func node(_ host: String?, _ port: Int) -> RedisValue {
        .array([host.map { .bulk(Array($0.utf8)) } ?? .null, .integer(port), .bulk(Array("id".utf8)), .array([])])
    }

    private func range(_ first: Int, _ last: Int, _ nodes: RedisValue...) -> RedisValue {
        .array([.integer(first), .integer(last)] + nodes)
    }

    private func slot(_ number: Int) throws -> ClusterSlot { try #require(ClusterSlot(number)) }

    @Test("a primary may have several ranges, its replicas are named once, and what nobody has is uncovered")
    func ranges() throws {
        let map = try ClusterMap(
            reply: .array([
                range(0, 99, node("a", 1), node("b", 2)), range(200, 200, node("a", 1), node("b", 2), node("c", 3)), range(101, 150, node("d", 4)),
            ]), from: asked)
        let (a, d) = (ClusterAddress(host: "a", port: 1), ClusterAddress(host: "d", port: 4))
        #expect(map.primaries == [a, d])
        #expect(map.shards[0].replicas == [ClusterAddress(host: "b", port: 2), ClusterAddress(host: "c", port: 3)])
        #expect(map.nodes.count == 4)
        for number in [0, 99, 200] { #expect(map.owner(of: try slot(number)) == a) }
        for number in [101, 150] { #expect(map.owner(of: try slot(number)) == d) }
        for number in [100, 151, 199, 201, 16_383] { #expect(map.owner(of: try slot(number)) == nil) }
        #expect(map.uncovered == 16_384 - 100 - 1 - 50)
    }

    @Test("a node without a name is the one that was asked; one that must not be named is left out")
    func names() throws {
        let map = try ClusterMap(
            reply: .array([range(0, 0, node(nil, 7_001)), range(1, 1, node("", 7_002)), range(2, 2, node("?", 7_003), node("e", 7_004))]),
            from: asked)
        #expect(map.owner(of: try slot(0)) == ClusterAddress(host: "10.0.0.9", port: 7_001))
        #expect(map.owner(of: try slot(1)) == ClusterAddress(host: "10.0.0.9", port: 7_002))
        #expect(map.owner(of: try slot(2)) == ClusterAddress(host: "e", port: 7_004))
    }

    @Test(
        "what is no map is refused",
        arguments: [
            .null, .array([]), .array([.integer(1)]), .array([.array([.integer(0), .integer(1)])]),
            .array([.array([.integer(5), .integer(1), .array([.bulk(Array("a".utf8)), .integer(1)])])]),
            .array([.array([.integer(0), .integer(16_384), .array([.bulk(Array("a".utf8)), .integer(1)])])]),
            .array([.array([.integer(0), .integer(1), .array([.bulk(Array("a".utf8)), .integer(0)])])]),
        ] as [RedisValue])
    func refused(_ reply: RedisValue) {
        #expect(throws: RedisError.self) { try ClusterMap(reply: reply, from: asked) }
    }

    @Test("a redirect changes one slot, and may name a node that is new")
    func moved() throws {
        var map = try ClusterMap(reply: .array([range(0, 16_383, node("a", 1))]), from: asked)
        let fresh = ClusterAddress(host: "z", port: 9)
        map.moved(try slot(7), to: fresh)
        #expect(map.owner(of: try slot(7)) == fresh)
        #expect(map.owner(of: try slot(8)) == ClusterAddress(host: "a", port: 1))
        #expect(map.hasSlots(fresh))
        map.moved(try slot(7), to: ClusterAddress(host: "a", port: 1))
        #expect(!map.hasSlots(fresh) && map.primaries.count == 2)
    }

    @Test("the epoch is read from CLUSTER INFO; one that is not told is the oldest")
    func epoch() {
        #expect(ClusterInquiry.epoch(in: "cluster_state:ok\r\ncluster_current_epoch:17\r\ncluster_my_epoch:3\r\n") == 17)
        #expect(ClusterInquiry.epoch(in: "") == 0)
    }
}

@Suite struct RedirectTests {
    private let asked = ClusterAddress(host: "10.0.0.9", port: 7_000)

    @Test("both kinds are read, with names, IPv6 addresses, and without a host")
    func read() throws {
        let slot = try #require(ClusterSlot(3_999))
        #expect(Redirect("MOVED 3999 127.0.0.1:6381", from: asked) == .moved(slot, ClusterAddress(host: "127.0.0.1", port: 6_381)))
        #expect(Redirect("ASK 3999 redis-2.example:6381", from: asked) == .ask(slot, ClusterAddress(host: "redis-2.example", port: 6_381)))
        #expect(Redirect("MOVED 3999 ::1:6381", from: asked) == .moved(slot, ClusterAddress(host: "::1", port: 6_381)))
        #expect(Redirect("MOVED 3999 :6381", from: asked) == .moved(slot, ClusterAddress(host: "10.0.0.9", port: 6_381)))
    }

    @Test(
        "nothing else is one",
        arguments: [
            "MOVED", "MOVED 3999", "MOVED x 127.0.0.1:1", "MOVED 16384 127.0.0.1:1", "MOVED 1 127.0.0.1", "MOVED 1 127.0.0.1:0", "ASK 1 ?:7000",
            "ERR MOVED 3999 127.0.0.1:6381", "MOVEDX 3999 127.0.0.1:6381", "",
        ])
    func other(_ text: String) {
        #expect(Redirect(text, from: asked) == nil)
    }

    @Test("a script waits where a single command follows an ASK, and follows a MOVED as every command does")
    func scripts() throws {
        let slot = try #require(ClusterSlot(1))
        let next = ClusterAddress(host: "h", port: 2)
        #expect(ClusterReaction(reply: "ASK 1 h:2", from: asked, isScript: false) == .follow(.ask(slot, next)))
        #expect(ClusterReaction(reply: "ASK 1 h:2", from: asked, isScript: true) == .wait)
        #expect(ClusterReaction(reply: "MOVED 1 h:2", from: asked, isScript: true) == .follow(.moved(slot, next)))
    }

    @Test("a cluster between two states is waited for; other errors concern the caller")
    func reactions() {
        for text in [
            "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down", "CLUSTERDOWN Hash slot not served",
        ] {
            #expect(ClusterReaction(reply: text, from: asked, isScript: false) == .wait)
        }
        for text in ["NOGROUP x", "ERR x", "CROSSSLOT Keys in request don't hash to the same slot", "NOSCRIPT x"] {
            #expect(ClusterReaction(reply: text, from: asked, isScript: true) == .answer)
        }
    }
}
