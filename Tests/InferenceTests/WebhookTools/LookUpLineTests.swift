import Dispatch
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite("Whose names are looked up when", .timeLimit(.minutes(1))) struct LookUpLineTests {
    private let mine = UUID()
    private let theirs = UUID()

    private func ticket(_ admission: LookUpLine.Admission) throws -> LookUpLine.Ticket {
        guard case .wait(let ticket) = admission else { throw TestSupportError("it is \(admission)") }
        return ticket
    }

    /// Lets look-ups of a workspace in that begin at once.
    private func begin(_ count: Int, of workspace: UUID, in line: inout LookUpLine) {
        for _ in 0..<count {
            let admission = line.enter(workspace)
            #expect(admission == .begin)
        }
    }

    /// Lets one of a workspace end.
    private func end(of workspace: UUID, in line: inout LookUpLine, begins ticket: LookUpLine.Ticket?) {
        let next = line.leave(workspace)
        #expect(next == ticket)
    }

    @Test("a workspace has its part and no more, waits for it in its turn, and keeps nobody else waiting")
    func parts() throws {
        var line = LookUpLine(bound: 3, boundOfWorkspace: 2, lengthOfWorkspace: 2)
        begin(2, of: mine, in: &line)
        let (first, second) = (try ticket(line.enter(mine)), try ticket(line.enter(mine)))
        let beyond = line.enter(mine)
        #expect(beyond == .busy, "a line has an end")
        begin(1, of: theirs, in: &line)
        // There is a place again, and not for a workspace that has its part.
        end(of: theirs, in: &line, begins: nil)
        end(of: mine, in: &line, begins: first)
        end(of: mine, in: &line, begins: second)
        for _ in 0..<2 { end(of: mine, in: &line, begins: nil) }
        begin(2, of: mine, in: &line)
    }

    @Test("when all places are taken everybody waits, and who came first is next")
    func full() throws {
        var line = LookUpLine(bound: 2, boundOfWorkspace: 2, lengthOfWorkspace: 2)
        begin(2, of: mine, in: &line)
        let (first, second) = (try ticket(line.enter(theirs)), try ticket(line.enter(mine)))
        end(of: mine, in: &line, begins: first)
        end(of: theirs, in: &line, begins: second)
    }

    @Test("who gives up in the line is passed over, and who gives up when it was its turn lets the next one in")
    func givingUp() throws {
        var line = LookUpLine(bound: 1, boundOfWorkspace: 1, lengthOfWorkspace: 9)
        begin(1, of: mine, in: &line)
        var tickets: [LookUpLine.Ticket] = []
        for _ in 0..<3 { tickets.append(try ticket(line.enter(theirs))) }
        let afterWaiting = line.giveUp(tickets[0])
        #expect(afterWaiting == nil)
        end(of: mine, in: &line, begins: tickets[1])
        let afterItsTurn = line.giveUp(tickets[1])
        #expect(afterItsTurn == tickets[2])
        end(of: theirs, in: &line, begins: nil)
        begin(1, of: mine, in: &line)
    }

    @Test("a workspace whose names take for ever does not keep another one's waiting; its own wait, and may be cancelled")
    func slow() async throws {
        let gate = DispatchSemaphore(value: 0)
        let asked = Collected<String>()
        let resolver = SystemResolver { name in
            asked.add(name)
            if name == "slow.test" { gate.wait() }
            return [.v4(1)]
        }
        let slow = (0..<4).map { _ in Task { try await resolver.addresses(of: "slow.test", for: mine) } }
        try await eventually("four are looked up") { asked.all.count == 4 }
        let fifth = Task { try await resolver.addresses(of: "fast.test", for: mine) }
        for _ in 0..<40 { #expect(try await resolver.addresses(of: "fast.test", for: theirs) == [.v4(1)]) }
        fifth.cancel()
        await #expect(throws: CancellationError.self) { try await fifth.value }
        // A caller that leaves gives its thread back only when the look-up has ended: the part stays taken.
        slow[0].cancel()
        await #expect(throws: CancellationError.self) { try await slow[0].value }
        let waiting = Task { try await resolver.addresses(of: "last.test", for: mine) }
        #expect(!asked.all.contains("last.test"))
        for _ in slow { gate.signal() }
        #expect(try await waiting.value == [.v4(1)])
        for task in slow.dropFirst() { #expect(try await task.value == [.v4(1)]) }
        for _ in 0..<8 { #expect(try await resolver.addresses(of: "fast.test", for: mine) == [.v4(1)], "every place was given back") }
    }
}
