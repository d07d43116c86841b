import Foundation
import Testing
import Web

@testable import Inference

/// The published contract of run events, as a judge of payloads: every keyword of JSON Schema that it uses is looked at, and a member that
/// it does not name is a fault. A reader ignores such members; what is written here has none.
struct EventContract: Sendable {
    let schema: JSONValue

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        schema = try JSONBody.decode(
            JSONValue.self, from: Array(Data(contentsOf: root.appending(path: "ops/contract/run-events-v\(RunEvent.version).json"))))
    }

    init(_ schema: JSONValue) {
        self.schema = schema
    }

    func definition(_ name: String) -> JSONValue? { schema["$defs"]?[name] }

    /// What is wrong with an event's data; empty for one that is as the contract says.
    func faults(in payload: some Sequence<UInt8>) throws -> [String] {
        let value = try JSONBody.decode(JSONValue.self, from: Array(payload))
        let type = value["type"]?.string ?? "nothing"
        guard let definition = definition(type) else { return ["there is no \(type)"] }
        return faults(of: value, by: definition, at: type)
    }

    /// Places of all members of a payload, as `run.failed.error.kind`; those behind a reference begin at its name, as `error.kind`.
    func places(in payload: some Sequence<UInt8>) throws -> Set<String> {
        let value = try JSONBody.decode(JSONValue.self, from: Array(payload))
        return places(of: value, at: value["type"]?.string ?? "nothing")
    }

    /// Places of all members that the contract names.
    var places: Set<String> {
        let definitions = schema["$defs"]?.members ?? []
        return Set(definitions.flatMap { definition in (definition.value["properties"]?.members ?? []).map { "\(definition.name).\($0.name)" } })
    }

    private func places(of value: JSONValue, at place: String) -> Set<String> {
        (value.members ?? []).reduce(into: []) { found, member in
            found.insert("\(place).\(member.name)")
            if let name = reference(definition(place)?["properties"]?[member.name]) { found.formUnion(places(of: member.value, at: name)) }
        }
    }

    // MARK: The keywords

    private static let words: Set<String> = ["$ref", "const", "description", "enum", "format", "items", "minimum", "properties", "required", "type"]

    private func reference(_ schema: JSONValue?) -> String? { schema?["$ref"]?.string?.split(separator: "/").last.map(String.init) }

    private func faults(of value: JSONValue, by schema: JSONValue, at place: String) -> [String] {
        if let name = reference(schema) {
            guard let definition = definition(name) else { return ["\(place) refers to \(name), which is not there"] }
            return self.faults(of: value, by: definition, at: place)
        }
        var faults = (schema.members ?? []).filter { !Self.words.contains($0.name) }.map { "nobody looks at \($0.name) of \(place)" }
        if let constant = schema["const"], value != constant { faults.append("\(place) is another constant") }
        if let words = schema["enum"]?.elements, !words.contains(value) { faults.append("\(place) is none of its words") }
        if let type = schema["type"]?.string, !Self.isOf(type, value) { return faults + ["\(place) is of kind \(value.kind), not \(type)"] }
        if case .integer(let minimum)? = schema["minimum"], let number = Self.number(value), number < Double(minimum) {
            faults.append("\(place) is below \(minimum)")
        }
        if let format = schema["format"]?.string { faults += Self.faults(of: value, format: format, at: place) }
        if let items = schema["items"] {
            for (index, element) in (value.elements ?? []).enumerated() { faults += self.faults(of: element, by: items, at: "\(place)[\(index)]") }
        }
        for name in (schema["required"]?.elements ?? []).compactMap(\.string) where value[name] == nil { faults.append("\(place) lacks \(name)") }
        guard let properties = schema["properties"] else { return faults }
        for member in value.members ?? [] {
            if let property = properties[member.name] {
                faults += self.faults(of: member.value, by: property, at: "\(place).\(member.name)")
            } else {
                faults.append("\(place) has \(member.name), which the contract does not name")
            }
        }
        return faults
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        if type == "integer" { if case .integer = value { true } else { false } } else { value.kind == type }
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    private static func faults(of value: JSONValue, format: String, at place: String) -> [String] {
        guard format == "date-time" else { return ["nobody looks at the format \(format) of \(place)"] }
        return value.string.flatMap(WireCoding.date) == nil ? ["\(place) is no time"] : []
    }
}
