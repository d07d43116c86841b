import TestSupport
import Testing

@testable import Postgres

/// Connections are numbers here: the machine does not care.
@Suite struct PoolMachineTests {
    typealias Machine = PoolMachine<Int>

    private func machine(size: Int = 2, maximumWaiting: Int = 10) -> Machine { Machine(size: size, maximumWaiting: maximumWaiting) }

    @Test func `slots are opened one after another up to the size, then callers wait`() {
        var pool = machine()
        #expect(pool.acquired(1) == .grant(.slot))
        #expect(pool.acquired(2) == .grant(.slot))
        #expect(pool.acquired(3) == .wait)
        #expect(pool.opening == 2)
        #expect(pool.waiting == 1)
        #expect(pool.open == 0)
    }

    @Test func `who waits first is served first`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        #expect(pool.opened() == true)
        for waiter in 2...6 as ClosedRange<UInt64> { #expect(pool.acquired(waiter) == .wait) }
        #expect(pool.abandoned(4) == true)
        var served: [UInt64] = []
        while case .grant(let waiter, .connection(7)) = pool.returned(7, usable: true) { served.append(waiter) }
        #expect(served == [2, 3, 5, 6])
        #expect(pool.idle == [7])
    }

    @Test func `nobody overtakes those in line`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        _ = pool.opened()
        _ = pool.acquired(2)
        #expect(pool.grantAtOnce() == nil)
        #expect(pool.acquired(3) == .wait)
    }

    @Test func `the connection used last is used next`() {
        var pool = machine()
        _ = pool.acquired(1)
        _ = pool.acquired(2)
        _ = pool.opened()
        _ = pool.opened()
        #expect(pool.returned(1, usable: true) == .park)
        #expect(pool.returned(2, usable: true) == .park)
        #expect(pool.acquired(3) == .grant(.connection(2)))
    }

    @Test func `the slot of a broken connection goes to the first in line, or becomes empty`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        _ = pool.opened()
        _ = pool.acquired(2)
        #expect(pool.returned(1, usable: false) == .grant(2, .slot))
        #expect(pool.opened() == true)
        #expect(pool.returned(1, usable: false) == .none)
        #expect(pool.open == 0)
        #expect(pool.acquired(3) == .grant(.slot))
    }

    @Test func `an opener that gives up passes its slot on`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        _ = pool.acquired(2)
        #expect(pool.gaveUp() == .grant(2, .slot))
        #expect(pool.gaveUp() == .none)
        #expect(pool.isQuiet)
    }

    @Test func `a connection found broken when it was lent is replaced in its slot`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        _ = pool.opened()
        pool.replacing()
        #expect(pool.leased == 0)
        #expect(pool.opening == 1)
        #expect(pool.acquired(2) == .wait)
    }

    @Test func `the line is bounded`() {
        var pool = machine(size: 1, maximumWaiting: 1)
        _ = pool.acquired(1)
        #expect(pool.acquired(2) == .wait)
        #expect(pool.acquired(3) == .refuse(.full(waiting: 1)))
        #expect(pool.abandoned(2) == true)
        #expect(pool.acquired(4) == .wait)
    }

    @Test func `leaving the line after a grant is refused, so the grant is not lost`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        _ = pool.opened()
        _ = pool.acquired(2)
        _ = pool.returned(1, usable: true)
        #expect(pool.abandoned(2) == false)
        #expect(pool.leased == 1)
    }

    @Test func `those in line are only told when no connection is open at all`() {
        var pool = machine()
        _ = pool.acquired(1)
        _ = pool.acquired(2)
        _ = pool.acquired(3)
        _ = pool.opened()
        #expect(pool.unreachable() == [])
        _ = pool.returned(1, usable: false)
        _ = pool.acquired(4)
        #expect(pool.unreachable() == [4])
        #expect(pool.waiting == 0)
    }

    @Test func `closing refuses callers, empties the line and takes everything back`() {
        var pool = machine()
        _ = pool.acquired(1)
        _ = pool.acquired(2)
        _ = pool.opened()
        _ = pool.opened()
        _ = pool.returned(1, usable: true)
        _ = pool.acquired(3)
        _ = pool.returned(1, usable: true)
        let (waiters, connections) = pool.closed()
        #expect(waiters == [])
        #expect(connections == [1])
        #expect(pool.acquired(9) == .refuse(.closed))
        #expect(pool.grantAtOnce() == nil)
        #expect(!pool.isQuiet)
        #expect(pool.returned(2, usable: true) == .close(2))
        #expect(pool.isQuiet)
    }

    @Test func `a connection that opened after the pool was closed is not lent`() {
        var pool = machine(size: 1)
        _ = pool.acquired(1)
        _ = pool.acquired(2)
        #expect(pool.closed().waiters == [2])
        #expect(pool.opened() == false)
        #expect(pool.gaveUp() == .none)
        #expect(pool.isQuiet)
    }

    @Test func `the pause grows with failures and a success forgets them`() {
        var pool = machine(size: 1)
        var random = SplitMix64(seed: 1)
        _ = pool.acquired(1)
        for failures in 1...10 {
            let pause = pool.openingFailed(using: &random)
            #expect(pause < Backoff.ceiling(failures: failures))
            #expect(pool.failures == failures)
        }
        _ = pool.opened()
        #expect(pool.failures == 0)
    }

    /// Any order of events leaves the books in balance.
    @Test func `random histories never exceed the size and lose nobody`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var pool = machine(size: 3, maximumWaiting: 5)
            var (nextWaiter, nextConnection) = (0 as UInt64, 0)
            var (slots, lent, line): (Int, [Int], [UInt64]) = (0, [], [])
            func take(_ grant: Machine.Grant) {
                switch grant {
                case .slot: slots += 1
                case .connection(let connection): lent.append(connection)
                }
            }
            func follow(_ action: Machine.ReturnAction) {
                guard case .grant(let waiter, let grant) = action else { return }
                #expect(line.first == waiter, "seed \(seed)")
                line.removeFirst()
                take(grant)
            }
            for _ in 0..<100 {
                switch Int.random(in: 0..<6, using: &random) {
                case 0, 1:
                    nextWaiter += 1
                    switch pool.acquired(nextWaiter) {
                    case .grant(let grant):
                        #expect(line.isEmpty, "seed \(seed)")
                        take(grant)
                    case .wait: line.append(nextWaiter)
                    case .refuse(let refusal): #expect(refusal == .full(waiting: 5), "seed \(seed)")
                    }
                case 2 where slots > 0:
                    slots -= 1
                    if Bool.random(using: &random) {
                        #expect(pool.opened() == true)
                        nextConnection += 1
                        lent.append(nextConnection)
                    } else {
                        follow(pool.gaveUp())
                    }
                case 3 where !lent.isEmpty:
                    let connection = lent.remove(at: Int.random(in: lent.indices, using: &random))
                    follow(pool.returned(connection, usable: Bool.random(using: &random)))
                case 4 where !line.isEmpty:
                    let waiter = line.remove(at: Int.random(in: line.indices, using: &random))
                    #expect(pool.abandoned(waiter) == true, "seed \(seed)")
                default: break
                }
                #expect(pool.leased == lent.count && pool.opening == slots && pool.waiting == line.count, "seed \(seed)")
                #expect(pool.open + pool.opening <= 3, "seed \(seed)")
                #expect(line.isEmpty || pool.leased + pool.opening == 3, "somebody waits although there is room, seed \(seed)")
            }
        }
    }
}
