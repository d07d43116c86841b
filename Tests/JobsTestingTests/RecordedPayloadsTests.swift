import Jobs
import JobsTesting
import Postgres
import Testing

/// A kind as its first release had it.
private struct FirstOrder: JobPayload {
    static let kind = JobKind(name: "test.order", queue: "orders", acceptance: .ledger)
    var item: String
    var note: String?
}

/// The same, with an optional member renamed and nothing said about it.
private struct RenamedOrder: JobPayload {
    static let kind = JobKind(name: "test.order", queue: "orders", acceptance: .ledger)
    var item: String
    var remark: String?
}

/// The same, renamed as it should be.
private struct SecondOrder: JobPayload {
    static let kind = JobKind(name: "test.order", version: 2, queue: "orders", acceptance: .ledger)
    var item: String
    var remark: String?

    static func upcast(_ body: [UInt8], from version: Int) throws -> SecondOrder {
        guard version == 1 else { throw PermanentJobError("version \(version) is not known", code: "unknown_version") }
        let first = try FirstOrder.decode(body, version: 1)
        return SecondOrder(item: first.item, remark: first.note)
    }
}

private struct Handler<Payload: JobPayload>: EffectHandler {
    func handle(_ job: Job<Payload>, in transaction: PostgresTransaction) async throws -> JobResult? { nil }
}

private func serving<Payload: JobPayload>(_ type: Payload.Type) -> HandlerRegistry {
    var registry = HandlerRegistry()
    registry.register(effect: Handler<Payload>())
    return registry
}

private let header = "1 0197f2a0-2d01-7c41-8e10-3b9a4d5e6f01 0197f2a0-1c00-7b3a-9d52-5f0e6c1a7788 test.order"

@Suite struct RecordedPayloadsTests {
    private static let first = "\(header) 1 1 1767225600000 - -\n" + #"{"item":"anchor","note":"in blue"}"#

    @Test("what is enqueued today is recorded by its own lines and read again")
    func today() throws {
        let text = "# the first release\n\n" + (try RecordedPayloads.lines(of: FirstOrder(item: "anchor", note: "in blue")))
        #expect(try RecordedPayloads(text: text).faults(in: serving(FirstOrder.self)) == [])
    }

    @Test("an optional member that was renamed is found, although its body can still be decoded")
    func renamed() throws {
        let recorded = try RecordedPayloads(text: Self.first, name: "0.1.txt")
        #expect(recorded.faults(in: serving(FirstOrder.self)) == [])
        let faults = recorded.faults(in: serving(RenamedOrder.self))
        try #require(faults.count == 2, "\(faults)")
        #expect(faults[0] == #"0.1.txt:1: test.order is not read as it was meant; it is read as {"item":"anchor"}"#)
        #expect(faults[1] == "test.order.remark has a value in no record of version 1")
    }

    @Test("an older version is read by its upcaster, and the record says what it is today")
    func upcast() throws {
        let registry = serving(SecondOrder.self)
        let second = try RecordedPayloads(text: "\(header) 2 1 1767225600000 - -\n" + #"{"item":"buoy","remark":"two"}"#)
        let meant = try RecordedPayloads(text: Self.first + "\n" + #"= {"item":"anchor","remark":"in blue"}"#)
        #expect((meant + second).faults(in: registry) == [])
        let wrong = try RecordedPayloads(text: Self.first + "\n" + #"= {"item":"anchor"}"#)
        #expect((wrong + second).faults(in: registry).count == 1)
        let silent = try RecordedPayloads(text: Self.first)
        #expect((silent + second).faults(in: registry) == ["payloads:1: version 1 of test.order needs a line with = that says what it is today"])
        #expect(meant.faults(in: registry) == ["version 2 of test.order is not recorded"])
    }

    @Test("a body that cannot be read, and a kind that nobody serves, are told")
    func unreadable() throws {
        let registry = serving(FirstOrder.self)
        let text = "\(header) 1 1 1767225600000 - -\n{}\n\(header).gone 1 1 1767225600000 - -\n{}"
        let faults = try RecordedPayloads(text: text).faults(in: registry)
        #expect(faults.count == 3, "\(faults)")
        #expect(faults.contains { $0.hasPrefix("payloads:1: test.order cannot be read any more") })
        #expect(faults.contains { $0.hasPrefix("payloads:3: test.order.gone cannot be read any more: unknownKind") })
    }

    @Test(
        "a text of another form is refused with its line",
        arguments: ["{}", "= {}", "\(header) 1 1 0 - -", "\(header) 1 1 0 -\n{}", "1 2 3\n{}"])
    func form(text: String) {
        #expect(throws: TestEngineError.self) { try RecordedPayloads(text: text) }
    }
}
