import Foundation
import Testing
import Web

@testable import Inference

/// The published contract and the program say the same.
@Suite("The contract of run events") struct RunEventContractTests {
    private let schema: JSONValue

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        schema = try JSONBody.decode(
            JSONValue.self, from: Array(Data(contentsOf: root.appending(path: "ops/contract/run-events-v\(RunEvent.version).json"))))
    }

    private func definition(_ name: String) throws -> JSONValue { try #require(schema["$defs"]?[name], "there is no \(name)") }

    /// What a schema says of an object: which members may be there, and which have to.
    private func check(_ value: JSONValue, against definition: JSONValue, at place: String) throws {
        let members = try #require(value.members, "\(place) is no object")
        let properties = try #require(definition["properties"])
        for name in (definition["required"]?.elements ?? []).compactMap(\.string) { #expect(value[name] != nil, "\(place) lacks \(name)") }
        for member in members {
            let property = try #require(properties[member.name], "\(place) has \(member.name), which the contract does not name")
            try check(member.value, property: property, at: "\(place).\(member.name)")
        }
    }

    private func check(_ value: JSONValue, property: JSONValue, at place: String) throws {
        if let reference = property["$ref"]?.string, let name = reference.split(separator: "/").last {
            return try check(value, against: try definition(String(name)), at: place)
        }
        if let constant = property["const"] { #expect(value == constant, "\(place)") }
        if let words = property["enum"]?.elements { #expect(words.contains(value), "\(place) is \(value)") }
        guard let type = property["type"]?.string else { return }
        #expect(value.kind == (type == "integer" ? "number" : type), "\(place)")
    }

    @Test("It has every type that a stream may carry, and no other")
    func types() throws {
        let named = (schema["oneOf"]?.elements ?? []).compactMap { $0["$ref"]?.string?.split(separator: "/").last.map(String.init) }
        #expect(named == RunRoutes.eventTypes)
        for type in RunRoutes.eventTypes { #expect(try definition(type)["properties"]?["type"]?["const"]?.string == type) }
    }

    @Test("Every event that is written is as it says")
    func events() throws {
        for (event, _) in RunEventTests.golden {
            let value = try JSONBody.decode(JSONValue.self, from: event.payload)
            try check(value, against: try definition(event.type), at: event.type)
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
}
