import NIOCore
import Testing

@testable import Redis

@Suite struct LinkMachineTests {
    enum Place: String, CaseIterable {
        case idle, idleTooSoon, opening, greeting, up, pausing, stopped
    }

    enum Event: String, CaseIterable {
        case start, opened, openedLate, greeted, overdue, overdueLate, lostWanted, lostUnwanted, lostLate, pauseOver, pauseOverLate, stop
    }

    static let now = NIODeadline.uptimeNanoseconds(1_000)

    /// A machine in a place, and the number of the attempt that is on.
    private func machine(in place: Place) -> (LinkMachine, Int) {
        var machine = LinkMachine(backoff: RedisBackoff())
        switch place {
        case .idle: return (machine, 0)
        case .idleTooSoon:
            _ = machine.start(now: Self.now)
            _ = machine.lost(attempt: 1, isWanted: false, isFault: true, now: Self.now, jitter: 1)
            return (machine, 1)
        case .opening:
            _ = machine.start(now: Self.now)
            return (machine, 1)
        case .greeting, .up:
            _ = machine.start(now: Self.now)
            _ = machine.opened(attempt: 1)
            if place == .up { _ = machine.greeted(now: Self.now) }
            return (machine, 1)
        case .pausing:
            _ = machine.start(now: Self.now)
            _ = machine.lost(attempt: 1, isWanted: true, isFault: true, now: Self.now, jitter: 0)
            return (machine, 2)
        case .stopped:
            _ = machine.stop()
            return (machine, 1)
        }
    }

    private func send(_ event: Event, to machine: inout LinkMachine, attempt: Int) -> String {
        let late = attempt - 1
        switch event {
        case .start: return "\(machine.start(now: Self.now))"
        case .opened: return "\(machine.opened(attempt: attempt))"
        case .openedLate: return "\(machine.opened(attempt: late))"
        case .greeted: return "\(machine.greeted(now: Self.now))"
        case .overdue: return "\(machine.overdue(attempt: attempt))"
        case .overdueLate: return "\(machine.overdue(attempt: late))"
        case .lostWanted: return "\(machine.lost(attempt: attempt, isWanted: true, isFault: true, now: Self.now, jitter: 0))"
        case .lostUnwanted: return "\(machine.lost(attempt: attempt, isWanted: false, isFault: true, now: Self.now, jitter: 0))"
        case .lostLate: return "\(machine.lost(attempt: late, isWanted: true, isFault: true, now: Self.now, jitter: 0))"
        case .pauseOver: return "\(machine.pauseOver(attempt: attempt))"
        case .pauseOverLate: return "\(machine.pauseOver(attempt: late))"
        case .stop: return "\(machine.stop())"
        }
    }

    /// Every event in every place: the action, and the place after it if that is another. What is not listed is no action and no change.
    static let table: [Place: [Event: String]] = [
        .idle: [.start: "open(attempt: 1) > opening", .opened: "discard", .openedLate: "discard", .stop: "close(wasUp: false) > stopped"],
        .idleTooSoon: [
            .start: "pause(attempt: 2, 50 ms) > pausing", .opened: "discard", .openedLate: "discard",
            .stop: "close(wasUp: false) > stopped",
        ],
        .opening: [
            .opened: "greet > greeting", .openedLate: "discard", .overdue: "abandon",
            .lostWanted: "pause(attempt: 2, 0 s, wasUp: false) > pausing", .lostUnwanted: "rest(wasUp: false) > idle",
            .stop: "close(wasUp: false) > stopped",
        ],
        .greeting: [
            .opened: "discard", .openedLate: "discard", .greeted: "announceUp > up", .overdue: "abandon",
            .lostWanted: "pause(attempt: 2, 0 s, wasUp: false) > pausing", .lostUnwanted: "rest(wasUp: false) > idle",
            .stop: "close(wasUp: false) > stopped",
        ],
        .up: [
            .opened: "discard", .openedLate: "discard", .lostWanted: "pause(attempt: 2, 0 s, wasUp: true) > pausing",
            .lostUnwanted: "rest(wasUp: true) > idle", .stop: "close(wasUp: true) > stopped",
        ],
        .pausing: [
            .opened: "discard", .openedLate: "discard", .pauseOver: "open(attempt: 3) > opening", .stop: "close(wasUp: false) > stopped",
        ],
        .stopped: [.opened: "discard", .openedLate: "discard"],
    ]

    @Test("Every event in every state", arguments: Place.allCases, Event.allCases)
    func table(_ place: Place, _ event: Event) {
        var (machine, attempt) = machine(in: place)
        let before = name(machine.state)
        let action = send(event, to: &machine, attempt: attempt)
        let after = name(machine.state)
        #expect(action + (before == after ? "" : " > \(after)") == Self.table[place]?[event] ?? "none")
    }

    private func name(_ state: LinkMachine.State) -> String {
        switch state {
        case .idle: "idle"
        case .opening: "opening"
        case .greeting: "greeting"
        case .up: "up"
        case .pausing: "pausing"
        case .stopped: "stopped"
        }
    }

    @Test("Pauses grow with failures in a row, and a link that stayed up longer than the cap ends the row")
    func failures() {
        var machine = LinkMachine(backoff: RedisBackoff())
        var now = Self.now
        guard case .open(var attempt) = machine.start(now: now) else { return #expect(Bool(false), "not opened") }
        for expected in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] as [Int64] {
            let action = machine.lost(attempt: attempt, isWanted: true, isFault: true, now: now, jitter: 1)
            #expect(action == .pause(attempt: attempt + 1, .milliseconds(expected), wasUp: false))
            guard case .open(let next) = machine.pauseOver(attempt: attempt + 1) else { return #expect(Bool(false), "not opened") }
            attempt = next
        }
        #expect(machine.opened(attempt: attempt) == .greet)
        #expect(machine.greeted(now: now) == .announceUp)
        now = now + .milliseconds(1_999)
        // Up for less than the cap: a server that takes connections and drops them is not met with ever new ones.
        #expect(
            machine.lost(attempt: attempt, isWanted: true, isFault: true, now: now, jitter: 1)
                == .pause(attempt: attempt + 1, .milliseconds(2_000), wasUp: true))
        guard case .open(let next) = machine.pauseOver(attempt: attempt + 1) else { return #expect(Bool(false), "not opened") }
        _ = machine.opened(attempt: next)
        _ = machine.greeted(now: now)
        #expect(
            machine.lost(attempt: next, isWanted: true, isFault: true, now: now + .seconds(2), jitter: 1)
                == .pause(attempt: next + 1, .milliseconds(50), wasUp: true))
    }

    @Test("A sound link given up on purpose is made anew without a pause")
    func purpose() {
        var (machine, attempt) = machine(in: .up)
        #expect(machine.lost(attempt: attempt, isWanted: false, isFault: false, now: Self.now, jitter: 1) == .rest(wasUp: true))
        #expect(machine.start(now: Self.now) == .open(attempt: 2))
    }
}
