import Foundation
import Testing

@testable import Postgres

@Suite struct TransactionMachineTests {
    private func submission(_ sql: SQL) -> Submission { Submission(Statement(sql)) }
    private func texts(_ trip: Trip?) -> [String] { trip?.steps.map(\.statement.sql.string) ?? [] }

    private let lost = PostgresError(.server, "lost")

    @Test func `nothing done costs nothing`() throws {
        var machine = TransactionMachine(scope: .workspaces([UUID()]))
        #expect(try machine.nextTrip(nil, committing: true)?.steps.count == nil)
        #expect(machine.phase == .ended)
        #expect(machine.ended() == false)
    }

    @Test func `a body that only submits is one trip`() throws {
        var machine = TransactionMachine(scope: .role(.upkeep))
        #expect(machine.submitted(submission("one")) == true)
        #expect(machine.submitted(submission("two")) == true)
        let trip = try machine.nextTrip(nil, committing: true)
        #expect(texts(trip) == [TransactionSQL.begin.sql.string, "set local role mainstay_upkeep", "one", "two", "commit"])
        #expect(trip?.stateAfter == .idle)
    }

    @Test func `begin and scope ride with the first statement, the rest with the next`() throws {
        var machine = TransactionMachine(scope: .unscoped)
        #expect(texts(try machine.nextTrip(submission("one"), committing: false)) == [TransactionSQL.begin.sql.string, "one"])
        #expect(machine.submitted(submission("two")) == true)
        let trip = try machine.nextTrip(submission("three"), committing: false)
        #expect(texts(trip) == ["two", "three"])
        #expect(trip?.stateAfter == .inTransaction)
        #expect(texts(try machine.nextTrip(nil, committing: true)) == ["commit"])
        #expect(machine.ended() == false)
    }

    @Test func `the scope of workspaces is one parameter`() throws {
        let ids = [UUID(), UUID()]
        var machine = TransactionMachine(scope: .workspaces(ids))
        let trip = try #require(try machine.nextTrip(submission("one"), committing: false))
        #expect(texts(trip)[1] == "select set_config('mainstay.workspaces', $1, true)")
        let bytes = trip.steps[1].statement.parameters.bytes
        #expect(String(decoding: bytes, as: UTF8.self) == ids.map { $0.uuidString.lowercased() }.joined(separator: ","))
        #expect(PostgresScope.list([]).isEmpty)
    }

    @Test func `an opening trip begins without a statement`() throws {
        var machine = TransactionMachine(scope: .unscoped)
        #expect(texts(try machine.nextTrip(nil, committing: false, opening: true)) == [TransactionSQL.begin.sql.string])
        #expect(try machine.nextTrip(nil, committing: false, opening: true)?.steps.count == nil)
        #expect(machine.submitted(submission("one")) == true)
        #expect(texts(try machine.nextTrip(nil, committing: false, opening: true)) == ["one"])
    }

    /// Every phase and every event: what the event may do there.
    @Test(arguments: TransactionMachine.Phase.allCases) func `every event in every phase`(phase: TransactionMachine.Phase) throws {
        func machine() throws -> TransactionMachine {
            var machine = TransactionMachine(scope: .unscoped)
            switch phase {
            case .fresh: break
            case .begun: _ = try machine.nextTrip(submission("one"), committing: false)
            case .lost:
                _ = try machine.nextTrip(submission("one"), committing: false)
                machine.lost(lost)
            case .ended: _ = machine.ended()
            }
            return machine
        }
        var submitted = try machine()
        #expect(submitted.submitted(submission("x")) == (phase != .ended))

        var tripping = try machine()
        switch phase {
        case .fresh: #expect(texts(try tripping.nextTrip(submission("x"), committing: false)) == [TransactionSQL.begin.sql.string, "x"])
        case .begun: #expect(texts(try tripping.nextTrip(submission("x"), committing: false)) == ["x"])
        case .lost: #expect(throws: PostgresError.self) { try tripping.nextTrip(submission("x"), committing: false) }
        case .ended:
            let error = #expect(throws: PostgresError.self) { try tripping.nextTrip(submission("x"), committing: false) }
            #expect(error?.code == .usage)
        }

        var ending = try machine()
        #expect(ending.ended() == (phase == .begun))
        #expect(ending.phase == .ended)
        #expect(ending.ended() == false)

        var objecting = try machine()
        objecting.objected(CancellationError())
        if phase != .ended { #expect(throws: (any Error).self) { try objecting.nextTrip(nil, committing: true) } }
        #expect(objecting.ended() == (phase == .begun))
    }

    @Test func `a body that swallows an error cannot commit`() throws {
        var machine = TransactionMachine(scope: .unscoped)
        _ = try machine.nextTrip(submission("one"), committing: false)
        machine.lost(lost)
        #expect(machine.submitted(submission("two")) == true)
        let error = #expect(throws: PostgresError.self) { try machine.nextTrip(nil, committing: true) }
        #expect(error?.message == "lost")
        #expect(machine.ended() == false)
    }

    @Test func `the first fault is the one that is told`() throws {
        var machine = TransactionMachine(scope: .unscoped)
        machine.objected(PostgresError(.usage, "first"))
        machine.lost(lost)
        let error = #expect(throws: PostgresError.self) { try machine.nextTrip(nil, committing: true) }
        #expect(error?.message == "first")
    }
}

extension TransactionMachine.Phase: CaseIterable {
    static var allCases: [Self] { [.fresh, .begun, .lost, .ended] }
}
