import Foundation
import Testing
import Web

@testable import Inference

/// The published contract and the program say the same.
@Suite("The contract of run events") struct RunEventContractTests {
    private let contract: EventContract

    init() throws {
        contract = try EventContract()
    }

    private func definition(_ name: String) throws -> JSONValue { try #require(contract.definition(name), "there is no \(name)") }

    @Test("It has every type that a stream may carry, and no other")
    func types() throws {
        let named = (contract.schema["oneOf"]?.elements ?? []).compactMap { $0["$ref"]?.string?.split(separator: "/").last.map(String.init) }
        #expect(named == RunRoutes.eventTypes)
        for type in RunRoutes.eventTypes { #expect(try definition(type)["properties"]?["type"]?["const"]?.string == type) }
    }

    @Test("Every event that is written is as it says")
    func events() throws {
        for (event, _) in RunEventTests.golden { #expect(try contract.faults(in: event.payload) == [], "\(event.type)") }
    }

    @Test("Every member that it names is written")
    func members() throws {
        let written = try RunEventTests.golden.reduce(into: Set<String>()) { $0.formUnion(try contract.places(in: $1.0.payload)) }
        // Counts are those of the event: what its samples have is not written once more for each end of a run.
        let counts = try definition("counts")["properties"]?.members
        let counted = try definition("usage")["properties"]?.members?.filter { $0.name != "type" }
        #expect(counts == counted)
        let named = contract.places.filter { !$0.hasPrefix("counts.") && !$0.hasPrefix("gap.") }
        #expect(named.subtracting(written) == [])
    }

    @Test("A gap is as it says, with and without an id before it")
    func gap() throws {
        let next = RunEventID(epoch: 1, number: 9)
        for after in [nil, RunEventID(epoch: 1, number: 2)] {
            let frame = RunStream.gap(after: after, next: next)
            #expect(frame.event == "gap" && frame.id == nil, "an id would move the place from which a client resumes")
            #expect(try contract.faults(in: (frame.data ?? "").utf8) == [])
        }
    }

    @Test("Its words are the program's")
    func words() throws {
        func words(_ path: [String]) throws -> [String] {
            let property = path.dropFirst().reduce(try definition(path[0])["properties"]) { $0?[$1] }
            return (property?["enum"]?.elements ?? []).compactMap(\.string)
        }
        #expect(try words(["run.incomplete", "reason"]) == IncompleteReason.allCases.map(\.rawValue))
        #expect(try words(["finish", "unified"]) == FinishReason.Unified.allCases.map(\.rawValue))
        #expect(try words(["error", "kind"]) == InferenceError.Kind.allCases.map(\.rawValue))
        #expect(try words(["run.started", "on_interruption"]) == InterruptionPolicy.allCases.map(\.rawValue))
        #expect(try Set(words(["step.finished", "state"])) == ["incomplete", "failed", "cancelled"])
        #expect(try words(["memory.written", "operation"]) == MemoryWriteEvent.Operation.allCases.map(\.rawValue))
        #expect(try Set(words(["memory.written", "scope"])) == Set(MemoryScope.allCases.map(\.rawValue)))
    }

    /// A payload, and what is wrong with it.
    static let wrongPayloads: [(payload: String, fault: String)] = [
        (#"{"type":"run.thought"}"#, "there is no run.thought"), (#"{"type":"text.delta"}"#, "text.delta lacks text"),
        (#"{"type":"text.delta","text":1}"#, "text.delta.text is of kind number, not string"),
        (#"{"type":"text.delta","text":"a","colour":"red"}"#, "text.delta has colour, which the contract does not name"),
        (#"{"type":"step.started","step":0}"#, "step.started.step is below 1"),
        (#"{"type":"step.started","step":1.5}"#, "step.started.step is of kind number, not integer"),
        (#"{"type":"run.paused","calls":"a","until":"2026-01-31T08:30:00.000Z"}"#, "run.paused.calls is of kind string, not array"),
        (#"{"type":"run.paused","calls":["a",2],"until":"2026-01-31T08:30:00.000Z"}"#, "run.paused.calls[1] is of kind number, not string"),
        (#"{"type":"run.paused","calls":[],"until":"soon"}"#, "run.paused.until is no time"),
        (
            #"{"type":"run.started","version":2,"run":"r","attempt":1,"provider":"p","model":"m"}"#,
            "run.started.version is another constant"
        ),
        (#"{"type":"run.incomplete","reason":"tired"}"#, "run.incomplete.reason is none of its words"),
        (#"{"type":"run.failed","error":{"kind":"timeout","retryable":true}}"#, "run.failed.error lacks message"),
        (#"{"type":"run.completed","finish":{"unified":"stop"},"usage":{"input_tokens":-1}}"#, "run.completed.usage.input_tokens is below 0"),
    ]

    @Test("What is not as it says is found, at its place", arguments: RunEventContractTests.wrongPayloads)
    func wrong(_ payload: String, _ fault: String) throws {
        #expect(try contract.faults(in: payload.utf8) == [fault])
    }

    @Test("A word of JSON Schema that nobody looks at is found")
    func unknownWord() throws {
        let schema: JSONValue = ["$defs": ["x": ["type": "object", "additionalProperties": false]]]
        #expect(try EventContract(schema).faults(in: #"{"type":"x"}"#.utf8) == ["nobody looks at additionalProperties of x"])
    }
}
