import Foundation

/// Decodes a JSON body, or says exactly why not.
package enum JSONBody {
    /// - Throws: a 400 problem for bytes that are no JSON document in UTF-8; a 422 one that names the place for a value
    ///   of the wrong kind, a missing member, a NUL in a string.
    package static func decode<T: Decodable>(_ type: T.Type, from body: [UInt8], quickly read: ([UInt8]) -> T? = { _ in nil }) throws -> T {
        try requireText(body)
        if mayHoldEscapedNUL(body) { try refuseNUL(body) }
        if let value = read(body) { return value }
        do {
            return try WireCoding.decoder.decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw DecodingFault.problem(for: error, body: body)
        }
    }

    /// The value that a quick reader makes of a body; nil for a body that ``decode(_:from:quickly:)`` would refuse, or would have to look at
    /// longer.
    static func plainly<T>(_ body: [UInt8], _ read: ([UInt8]) -> T?) -> T? {
        guard (try? requireText(body)) != nil, !mayHoldEscapedNUL(body) else { return nil }
        return read(body)
    }

    /// The document as a value, its members in the order in which they were written: for requests whose shape is not a type's.
    ///
    /// - Throws: as above; no value is of the wrong kind.
    package static func document(_ body: [UInt8]) throws -> JSONValue {
        try requireText(body)
        let document: JSONValue
        do {
            document = try JSONParser.parse(body)
        } catch {
            throw Problem.badRequest(error.detail)
        }
        guard mayHoldEscapedNUL(body) else { return document }
        try refuseNUL(in: document)
        return document
    }

    private static func requireText(_ body: [UInt8]) throws {
        guard !body.isEmpty else { throw Problem.badRequest("The body is empty; a JSON document is wanted.") }
        // Before the decoder, which would take a NUL for a sign of UTF-16 and decode what no other part of the server reads so.
        if let offset = body.firstIndex(of: 0) { throw Problem.badRequest("The body holds a NUL byte at byte \(offset).") }
        guard String(validating: body, as: UTF8.self) != nil else {
            throw Problem.badRequest("The body is not valid UTF-8 at byte \(firstInvalidUTF8(body)).")
        }
    }

    /// PostgreSQL's text cannot hold U+0000. The text `\u0000` is rare enough for a full parse when it is there (it may be
    /// an escaped backslash before `u0000`).
    private static func mayHoldEscapedNUL(_ body: [UInt8]) -> Bool {
        let needle = Array(#"\u0000"#.utf8)
        guard body.count >= needle.count else { return false }
        return body.withUnsafeBufferPointer { bytes in
            var from = 0
            while let backslash = bytes[from...].firstIndex(of: needle[0]) {
                if bytes.count - backslash < needle.count { return false }
                if bytes[backslash..<(backslash + needle.count)].elementsEqual(needle) { return true }
                from = backslash + 1
            }
            return false
        }
    }

    /// A document that cannot be looked through (it is nested deeper than is read, say) is not let pass unseen.
    private static func refuseNUL(_ body: [UInt8]) throws {
        let document: JSONValue
        do {
            document = try JSONParser.parse(body)
        } catch {
            throw Problem.badRequest(error.detail)
        }
        try refuseNUL(in: document)
    }

    private static func refuseNUL(in document: JSONValue) throws {
        var faults: [FieldFault] = []
        collectNUL(document, path: [], into: &faults)
        if !faults.isEmpty { throw Problem.invalid(faults) }
    }

    private static func collectNUL(_ value: JSONValue, path: [String], into faults: inout [FieldFault]) {
        switch value {
        case .string(let text):
            if text.utf8.contains(0) { faults.append(FieldFault(body: path, "The text holds a NUL character (U+0000), which cannot be stored.")) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { collectNUL(element, path: path + ["\(index)"], into: &faults) }
        case .object(let members):
            for member in members {
                if member.name.utf8.contains(0) { faults.append(FieldFault(body: path, "A member's name holds a NUL character (U+0000).")) }
                collectNUL(member.value, path: path + [member.name], into: &faults)
            }
        default: break
        }
    }

    private static func firstInvalidUTF8(_ body: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = body.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return offset
    }
}
