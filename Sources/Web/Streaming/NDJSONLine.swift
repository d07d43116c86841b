import Foundation
import HTTPTypes
package import Hummingbird

/// One line of a body of `application/x-ndjson`: a JSON document.
package struct NDJSONLine: Sendable, Hashable {
    /// Counted from 1, empty lines included, as editors count.
    package let number: Int
    /// Without the line's end.
    package let bytes: [UInt8]

    package init(number: Int, bytes: [UInt8]) {
        self.number = number
        self.bytes = bytes
    }

    /// Decodes the document, as the body of a request would be.
    /// - Throws: a 400 problem for bytes that are no JSON document in UTF-8; a 422 one that names the place.
    package func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try JSONBody.decode(type, from: bytes)
    }
}

extension Request {
    /// Whether the body is announced as JSON documents, one a line.
    package var isNDJSON: Bool {
        guard let type = headers[.contentType]?.split(separator: ";").first else { return false }
        let word = type.trimmingCharacters(in: .whitespaces).lowercased()
        return word == NDJSON.contentType || word == "application/ndjson"
    }
}

/// The format's own words.
enum NDJSON {
    static let contentType = "application/x-ndjson"
}
