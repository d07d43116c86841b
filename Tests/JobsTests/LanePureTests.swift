import Foundation
import Redis
import Testing

@testable import Jobs

@Suite struct LanePureTests {
    @Test("a route's word is read back as it was written; an unknown one is refused, and read from a table is the usual route")
    func routes() throws {
        let routes = [
            JobRoute(priority: .high), JobRoute(priority: .low), JobRoute(key: .serial("acme")),
            JobRoute(priority: .high, key: JobKey("a.b~c-d_1", perSecond: 2.5)),
            JobRoute(key: JobKey("with spaces / and ümlauts;r=9", running: 7, perSecond: 0.001)), JobRoute(key: JobKey("plain")),
        ]
        for route in routes {
            #expect(JobRoute(word: route.word) == route, "\(route.word)")
            #expect(!route.word.contains(" ") && route.word.utf8.count < 120)
            #expect(JobRoute(stored: route.stored) == route)
        }
        #expect(JobRoute.usual.stored == nil && JobRoute(stored: nil) == .usual)
        for word in ["", "x", "n/", "n/a b", "n/a;x=1", "na", "n/a/b"] { #expect(JobRoute(word: word) == nil, "\(word)") }
        #expect(JobRoute(stored: "x/acme") == .usual)
    }

    @Test("a header carries its route in format 2, and the usual one in format 1, as the release before reads it")
    func headers() throws {
        var envelope = Envelope(id: .version7(), workspace: .version7(), kind: "a.b", version: 3, acceptedAt: 5, marks: [.seen, .noted], body: [1])
        #expect(envelope.header.first == UInt8(ascii: "1") && envelope.header.split(separator: 0x20).count == 9)
        for route in [JobRoute(priority: .high), JobRoute(priority: .low, key: .serial("k"))] {
            envelope.route = route
            #expect(envelope.header.first == UInt8(ascii: "2"))
            #expect(try Envelope(header: envelope.header, body: [1]) == envelope)
        }
        #expect(throws: Envelope.Fault.format("3")) { try Envelope(header: Array("3 x".utf8), body: []) }
        #expect(throws: Envelope.Fault.word("route")) {
            try Envelope(header: Array(String(decoding: envelope.header, as: UTF8.self).dropLast(6).utf8) + Array("?".utf8), body: [])
        }
    }

    @Test(
        "one loaded lane is read by one blocking read; two and more by weight, and no lane starves however little room there is",
        arguments: [1, 3, 8, 20, 500])
    func plan(room: Int) {
        var plan = ReadPlan()
        #expect(plan.next(room: room) == .together(count: max(1, room / 15)), "each of the lanes may have so many")
        plan.returned([.bulk(.normal, shard: 0): room], of: .together(count: room))
        #expect(plan.next(room: room) == .together(count: room))
        plan.returned(Dictionary(uniqueKeysWithValues: Lane.all.map { ($0, room) }), of: .together(count: room))
        var given: [Lane: Int] = [:]
        var rounds = 0
        while rounds < 208 * 20 {
            let read = plan.next(room: room)
            rounds += 1
            switch read {
            case .together(let count):
                plan.returned(Dictionary(uniqueKeysWithValues: Lane.all.map { ($0, count) }), of: read)
            case .shared(let shares):
                #expect(shares.reduce(0) { $0 + $1.count } >= room && shares.reduce(0) { $0 + $1.count } <= room + 6)
                for share in shares { given[share.lane, default: 0] += share.count }
                plan.returned(Dictionary(uniqueKeysWithValues: shares.map { ($0.lane, $0.count) }), of: read)
            }
        }
        let sum = Double(given.values.reduce(0, +))
        for lane in Lane.all {
            let (share, due) = (Double(given[lane, default: 0]) / sum, Double(lane.weight) / 208)
            #expect(abs(share - due) < 0.02, "\(lane.name) had \(share) and not \(due)")
        }
        // Nothing comes: the next read blocks.
        let last = plan.next(room: 100)
        plan.returned([:], of: last)
        #expect(plan.next(room: 100) == .together(count: 6))
    }

    @Test("a flood is known for as long as bulk lanes give something")
    func flood() {
        var plan = ReadPlan(least: 16)
        #expect(!plan.isFlooded)
        plan.returned([.ready(.high): 3, .ready(.normal): 3], of: .together(count: 16))
        #expect(!plan.isFlooded)
        plan.returned([.ready(.normal): 3, .bulk(.low, shard: 2): 16], of: .together(count: 16))
        #expect(plan.isFlooded)
        // One that was not looked at stays what it was.
        plan.returned([.ready(.normal): 1], of: .shared([.init(lane: .ready(.normal), count: 1)]))
        #expect(plan.isFlooded)
        plan.returned([.ready(.normal): 1], of: .together(count: 16))
        #expect(!plan.isFlooded)
    }

    @Test("a plan over the ready lanes shares them by class, asks for no other and knows of no flood")
    func readyLanes() {
        #expect(Lane.allReady == JobPriority.allCases.map { Lane.ready($0) })
        var plan = ReadPlan(over: Lane.allReady, least: 16)
        #expect(plan.next(room: 300) == .together(count: 100))
        plan.returned([.ready(.high): 100, .ready(.normal): 100, .ready(.low): 100], of: .together(count: 100))
        #expect(!plan.isFlooded)
        let shares: [ReadPlan.Share] = [
            .init(lane: .ready(.high), count: 80), .init(lane: .ready(.normal), count: 40), .init(lane: .ready(.low), count: 10),
        ]
        #expect(plan.next(room: 130) == .shared(shares))
        plan.returned([.ready(.low): 10], of: .shared(shares))
        #expect(plan.next(room: 130) == .together(count: 130))
    }

    @Test("what one read gave is parted into what came from ready lanes and from bulk lanes, readable or not")
    func parted() throws {
        let envelope = Envelope(id: .version7(), workspace: .version7(), kind: "a.b", version: 3, acceptedAt: 5, body: [1])
        func item(_ id: String, _ header: [UInt8]) -> RedisValue {
            .array([.bulk(Array(id.utf8)), .array([.bulk(Array("h".utf8)), .bulk(header), .bulk(Array("b".utf8)), .bulk([1])])])
        }
        var few = ReadEntries()
        few.add([item("1-1", envelope.header), item("1-2", [])], from: .ready(.high))
        var many = ReadEntries()
        many.add([item("1-1", envelope.header), item("1-3", envelope.header), item("1-4", [])], from: .bulk(.high, shard: 3))
        var all = ReadEntries()
        all += few
        all += many
        #expect(all.count == 5 && all.unreadable.count == 2)
        let (ready, bulk) = all.parted()
        #expect(ready.keys == few.keys && ready.counts == [.ready(.high): 2])
        #expect(bulk.keys == many.keys && bulk.counts == [.bulk(.high, shard: 3): 3])
        #expect(few.parted().ready.count == 2 && few.parted().bulk.isEmpty)
        #expect(many.parted().ready.isEmpty && many.parted().bulk.count == 3)
        #expect(ReadEntries().parted().ready.isEmpty && ReadEntries().parted().bulk.isEmpty)
    }

    @Test("slow jobs make small batches, fast ones full, and an outage is forgotten")
    func pace() {
        var pace = Pace()
        #expect(pace.most == nil)
        pace.ended(count: 500, elapsed: .milliseconds(10))
        #expect((pace.most ?? 0) >= 500)
        for _ in 0..<10 { pace.ended(count: 20, elapsed: .milliseconds(200)) }
        #expect((20...30).contains(pace.most ?? 0))
        pace.ended(count: 10, elapsed: .seconds(30))
        #expect(pace.most == 0)
        for _ in 0..<20 { pace.ended(count: max(1, min(500, pace.most ?? 0)), elapsed: .milliseconds(3)) }
        #expect((pace.most ?? 0) >= 500)
    }
}
