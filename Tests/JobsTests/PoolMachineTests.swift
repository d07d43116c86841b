import Testing

@testable import Jobs

@Suite struct PoolMachineTests {
    @Test("it reads while there is room, and not beyond")
    func room() {
        var pool = PoolMachine(batch: 500, units: 2)
        #expect(pool.started() == [.read(count: 500)])
        #expect(pool.readReturned(ready: 500, isTopUp: false) == [.run, .read(count: 500)])
        #expect(pool.readReturned(ready: 500, isTopUp: false) == [.run])
        #expect(pool.unitEnded() == [.read(count: 500)])
    }

    @Test("an idle pool runs a single job at once; a busy one waits for company, once")
    func linger() {
        var pool = PoolMachine(batch: 500, units: 3)
        _ = pool.started()
        #expect(pool.readReturned(ready: 1, isTopUp: false) == [.run, .read(count: 500)])
        #expect(pool.readReturned(ready: 1, isTopUp: false) == [.topUp(count: 499)])
        #expect(pool.readReturned(ready: 0, isTopUp: true) == [.run, .read(count: 500)])
    }

    @Test("what waits for company goes at once when the last batch ends, and the top-up that is under way is run as it comes")
    func idleDuringLinger() {
        var pool = PoolMachine(batch: 500, units: 3)
        _ = pool.started()
        _ = pool.readReturned(ready: 1, isTopUp: false)
        #expect(pool.readReturned(ready: 1, isTopUp: false) == [.topUp(count: 499)])
        #expect(pool.unitEnded() == [.run])
        #expect(pool.busy == 1)
        var empty = pool
        #expect(empty.readReturned(ready: 0, isTopUp: true) == [.read(count: 500)])
        #expect(pool.readReturned(ready: 3, isTopUp: true) == [.run, .read(count: 500)])
        #expect(pool.busy == 2)
    }

    @Test("long runs take a place each, and a flood changes nothing for them")
    func places() {
        var pool = PoolMachine(batch: 1, units: 4)
        #expect(pool.started() == [.read(count: 4)])
        #expect(pool.readReturned(ready: 3, isTopUp: false, isFlooded: true) == [.run, .read(count: 1)])
        #expect(pool.readReturned(ready: 1, isTopUp: false, isFlooded: true) == [.run])
        #expect(pool.unitEnded() == [.read(count: 1)])
    }

    // MARK: A flood

    @Test("in a flood ready entries go apart and first, and while all units are busy they alone are read, for the express place")
    func express() {
        var pool = PoolMachine(batch: 500, units: 2)
        _ = pool.started()
        let first = pool.readReturned(ready: 10, bulk: 490, isTopUp: false, isFlooded: true)
        #expect(first == [.runReady(isExpress: true), .run, .read(count: 500)])
        #expect(pool.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true) == [.run], "the express place is taken")
        #expect(pool.unitEnded(isExpress: true) == [.readExpress(count: 500)])
        #expect(pool.expressReturned(count: 3) == [.runReady(isExpress: true)])
        #expect(pool.unitEnded(isExpress: true) == [.readExpress(count: 500)])
        #expect(pool.expressReturned(count: 0) == [.readExpress(count: 500)])
        #expect(pool.unitEnded() == [.read(count: 500)])
        // The flood is over: a short read waits for company as ever, and the express read is the last one.
        #expect(pool.readReturned(ready: 5, isTopUp: false) == [.topUp(count: 495)])
        #expect(pool.expressReturned(count: 0) == [])
        #expect(pool.readReturned(ready: 0, isTopUp: true) == [.run])
        #expect(pool.busy == 2 && !pool.isReadingExpress)
    }

    @Test("ready entries that are not the fewer share a batch, unless it would wait for company")
    func shared() {
        var pool = PoolMachine(batch: 500, units: 2)
        _ = pool.started()
        #expect(pool.readReturned(ready: 300, bulk: 200, isTopUp: false, isFlooded: true) == [.run, .read(count: 500)])
        #expect(pool.readReturned(ready: 30, bulk: 20, isTopUp: false, isFlooded: true) == [.runReady(isExpress: true), .topUp(count: 480)])
    }

    @Test("where the express place is taken, ready entries have the last unit, and the bulk entries beside them the next one")
    func apart() {
        var pool = PoolMachine(batch: 500, units: 2)
        _ = pool.started()
        _ = pool.readReturned(ready: 10, bulk: 490, isTopUp: false, isFlooded: true)
        #expect(pool.readReturned(ready: 5, bulk: 400, isTopUp: false, isFlooded: true) == [.runReady(isExpress: false)])
        #expect(pool.bulk == 400 && pool.busy == 2)
        #expect(pool.unitEnded(isExpress: true) == [.readExpress(count: 500)], "that place is not for them")
        #expect(pool.unitEnded() == [.run])
        #expect(pool.expressReturned(count: 7) == [.runReady(isExpress: true)])
    }

    @Test("ready entries that find no place have the first one that becomes free")
    func waiting() {
        var pool = PoolMachine(batch: 500, units: 1)
        _ = pool.started()
        #expect(pool.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true) == [.run, .readExpress(count: 500)])
        #expect(pool.unitEnded() == [.read(count: 500)])
        #expect(pool.readReturned(ready: 4, bulk: 500, isTopUp: false, isFlooded: true) == [.runReady(isExpress: true), .run])
        #expect(pool.expressReturned(count: 2) == [])
        var other = pool
        #expect(other.unitEnded(isExpress: true) == [.runReady(isExpress: true)])
        #expect(pool.unitEnded() == [.runReady(isExpress: false)])
        #expect(pool.held == 0)
    }

    @Test("a few bulk entries wait for company in a flood too, and what comes with it from ready lanes goes before them")
    func lingerInFlood() {
        var pool = PoolMachine(batch: 500, units: 3)
        _ = pool.started()
        _ = pool.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true)
        #expect(pool.readReturned(ready: 1, bulk: 2, isTopUp: false, isFlooded: true) == [.runReady(isExpress: true), .topUp(count: 498)])
        _ = pool.unitEnded(isExpress: true)
        let topped = pool.readReturned(ready: 3, bulk: 100, isTopUp: true, isFlooded: true)
        #expect(topped == [.runReady(isExpress: true), .run, .read(count: 500)])
    }

    @Test("ready entries that come to bulk ones which wait for company fill no batch beyond its bound")
    func bound() {
        var pool = PoolMachine(batch: 500, units: 2)
        _ = pool.started()
        _ = pool.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true)
        #expect(pool.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true) == [.run, .readExpress(count: 500)])
        #expect(pool.unitEnded() == [.read(count: 500)])
        #expect(pool.readReturned(ready: 0, bulk: 200, isTopUp: false, isFlooded: true) == [.topUp(count: 300)])
        #expect(pool.expressReturned(count: 500) == [.runReady(isExpress: true)])
        #expect(pool.readReturned(ready: 0, bulk: 300, isTopUp: true, isFlooded: true) == [.run])

        // The flood is over by then: what is enough for a batch waits for no more.
        var over = PoolMachine(batch: 500, units: 2)
        _ = over.started()
        _ = over.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true)
        _ = over.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true)
        _ = over.unitEnded()
        #expect(over.readReturned(ready: 200, isTopUp: false) == [.topUp(count: 300)])
        #expect(over.expressReturned(count: 500) == [.run])
        #expect(over.readReturned(ready: 300, isTopUp: true) == [.runReady(isExpress: true)], "all units are busy")
    }

    @Test("a drain waits for the express read and for the batch in the express place")
    func drain() {
        var pool = PoolMachine(batch: 500, units: 1)
        _ = pool.started()
        _ = pool.readReturned(ready: 0, bulk: 500, isTopUp: false, isFlooded: true)
        #expect(pool.isReadingExpress)
        #expect(pool.drainRequested() == [])
        var failing = pool
        #expect(failing.expressFailed() == [])
        #expect(failing.unitEnded() == [.stop])
        #expect(pool.unitEnded() == [])
        #expect(pool.expressReturned(count: 3) == [.runReady(isExpress: true)], "they are in this worker's hands")
        #expect(pool.unitEnded(isExpress: true) == [.stop])
    }

    @Test("random histories: never more than the units and the express place, which is for ready entries; a drain always ends", arguments: 0..<200)
    func histories(seed: UInt64) {
        var generator = Seeded(seed: seed)
        let (batch, units) = ([1, 10, 500].randomElement(using: &generator) ?? 1, Int.random(in: 1...5, using: &generator))
        var model = Model(pool: PoolMachine(batch: batch, units: units))
        model.perform(model.pool.started())
        for step in 0..<800 where !model.isStopped {
            if step == 400 { model.perform(model.pool.drainRequested()) }
            model.turn(isFlooded: (step / 50) % 2 == 1, &generator)
            model.check()
        }
        #expect(model.isStopped && model.running == 0 && model.express == 0 && model.ready + model.bulk == 0)
    }
}

/// What a pool would have in its hands if it did as its machine says.
private struct Model {
    var pool: PoolMachine
    var reads: [(count: Int, isTopUp: Bool)] = []
    var expressReads: [Int] = []
    var (ready, bulk) = (0, 0)
    var (running, express) = (0, 0)
    var isFlooded = false
    var isStopped = false

    init(pool: PoolMachine) {
        self.pool = pool
    }

    mutating func perform(_ actions: [PoolMachine.Action]) {
        for action in actions {
            #expect(!isStopped)
            switch action {
            case .read(let count): reads.append((count, false))
            case .topUp(let count): reads.append((count, true))
            case .readExpress(let count):
                #expect(pool.batch > 1 && isFlooded && running == pool.units && express == 0)
                expressReads.append(count)
            case .run:
                let isMixed = pool.batch > 1 && ready > 0 && bulk > 0
                #expect(ready + bulk > 0 && (!isMixed || bulk <= ready && ready + bulk <= pool.most), "\(ready) ready and \(bulk) bulk in one batch")
                running += pool.batch > 1 ? 1 : ready + bulk
                (ready, bulk) = (0, 0)
            case .runReady(let isExpress):
                #expect(pool.batch > 1 && ready > 0)
                if isExpress { express += 1 } else { running += 1 }
                ready = 0
            case .stop: isStopped = true
            }
        }
    }

    /// One thing happens, or nothing.
    mutating func turn(isFlooded: Bool, _ generator: inout Seeded) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where !reads.isEmpty:
            let read = reads.removeFirst()
            guard read.isTopUp || Int.random(in: 0..<8, using: &generator) > 0 else { return perform(pool.readFailed()) }
            self.isFlooded = isFlooded
            let few = Int.random(in: 0...read.count, using: &generator)
            let many = isFlooded && pool.batch > 1 ? Int.random(in: 0...read.count, using: &generator) : 0
            ready += few
            bulk += many
            perform(pool.readReturned(ready: few, bulk: many, isTopUp: read.isTopUp, isFlooded: isFlooded))
        case 1 where !expressReads.isEmpty:
            let most = expressReads.removeFirst()
            guard Int.random(in: 0..<8, using: &generator) > 0 else { return perform(pool.expressFailed()) }
            let few = Int.random(in: 0...most, using: &generator)
            ready += few
            perform(pool.expressReturned(count: few))
        case 2 where running > 0:
            running -= 1
            perform(pool.unitEnded(most: Int.random(in: 0...600, using: &generator)))
        case 3 where express > 0:
            express -= 1
            perform(pool.unitEnded(isExpress: true))
        default: break
        }
    }

    func check() {
        #expect(running <= pool.units && running == pool.busy)
        #expect(express <= 1 && (express == 1) == pool.isExpressBusy)
        #expect(reads.count <= 1 && expressReads.count <= 1)
        #expect(ready == pool.ready && bulk == pool.bulk)
        #expect(ready + bulk == 0 || pool.isLingering || running == pool.units, "something waits although there is room")
        #expect(pool.isStopped || pool.isDraining || !reads.isEmpty || running == pool.units, "nobody reads although there is room")
    }
}
