package import Foundation

/// Why a file is no script.
package struct ScriptFault: Error, Equatable, CustomStringConvertible {
    /// The place in the document, as `rules[0].answer.ending`; empty for the whole.
    package let place: String
    package let reason: String

    package var description: String { place.isEmpty ? reason : "\(place): \(reason)" }
}

extension EmulatorScript {
    /// Reads a script's JSON.
    ///
    /// - Throws: `ScriptFault` with the place and what is wanted there.
    package init(json: Data) throws(ScriptFault) {
        do {
            self = try JSONDecoder().decode(EmulatorScript.self, from: json)
        } catch let fault as DecodingError {
            throw Self.fault(fault)
        } catch {
            throw ScriptFault(place: "", reason: "\(error)")
        }
    }

    private static func fault(_ fault: DecodingError) -> ScriptFault {
        switch fault {
        case .keyNotFound(let key, let context): ScriptFault(place: place(context.codingPath), reason: "\"\(key.stringValue)\" is missing")
        case .typeMismatch(let type, let context):
            ScriptFault(place: place(context.codingPath), reason: "this is of another kind than the \(type) that is wanted")
        case .valueNotFound(_, let context): ScriptFault(place: place(context.codingPath), reason: "null stands where a value is wanted")
        case .dataCorrupted(let context): ScriptFault(place: place(context.codingPath), reason: context.debugDescription)
        @unknown default: ScriptFault(place: "", reason: "\(fault)")
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        var place = ""
        for key in path {
            if let index = key.intValue { place += "[\(index)]" } else { place += place.isEmpty ? key.stringValue : ".\(key.stringValue)" }
        }
        return place
    }
}
