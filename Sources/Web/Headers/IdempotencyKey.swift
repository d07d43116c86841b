import Crypto
package import Foundation
import HTTPTypes
package import Hummingbird

/// A producer's name for a request that it may send again, and what the request was.
///
/// The header is draft-ietf-httpapi-idempotency-key-header-07's structured string, `"8e03978e-40d5"`, or the same
/// characters bare, as most clients send it.
package struct IdempotencyKey: Sendable, Hashable {
    /// 1 to 255 visible ASCII characters.
    package let key: String
    /// SHA-256 over method, path, query, workspace and body: the same key with another digest is another request, and refused.
    package let digest: [UInt8]

    package init(key: String, digest: [UInt8]) {
        self.key = key
        self.digest = digest
    }

    /// Reads the header, nil when it was not sent.
    /// - Throws: a 400 problem when it is not a key.
    package static func read(from request: Request, workspace: UUID, body: [UInt8]) throws -> IdempotencyKey? {
        let fields = request.headers[values: .idempotencyKey]
        guard let field = fields.first else { return nil }
        guard fields.count == 1 else { throw fault("The header was sent \(fields.count) times.") }
        let key = try parse(field)
        let digest = digest(
            method: request.method.rawValue, path: request.uri.path, query: request.uri.query, workspace: workspace, body: body)
        return IdempotencyKey(key: key, digest: digest)
    }

    /// - Throws: a 400 problem.
    static func parse(_ field: String) throws -> String {
        let text = field.trimmingCharacters(in: .whitespaces)
        let key = text.hasPrefix("\"") ? try structured(text) : text
        guard !key.isEmpty else { throw fault("The key is empty.") }
        guard key.utf8.count <= 255 else { throw fault("The key has \(key.utf8.count) characters; at most 255 are taken.") }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw fault("A key is made of visible ASCII characters.") }
        return key
    }

    /// RFC 8941, section 3.3.3. Parameters after the string are read over, as that document asks.
    private static func structured(_ text: String) throws -> String {
        var key: [UInt8] = []
        var rest = text.utf8.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                let tail = String(rest.map { Character(Unicode.Scalar($0)) }).trimmingCharacters(in: .whitespaces)
                guard tail.isEmpty || tail.hasPrefix(";") else { throw fault("Something follows the quoted key.") }
                return String(decoding: key, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw fault("A backslash may only stand before a quote or a backslash.")
                }
                key.append(escaped)
            default: key.append(byte)
            }
        }
        throw fault("The quoted key has no closing quote.")
    }

    /// Each part ends in a NUL, which none of them can hold but the body, which comes last. The query stands behind its
    /// question mark, which a path cannot hold: a request without one has the digest that it had before queries counted.
    static func digest(method: String, path: String, query: String? = nil, workspace: UUID, body: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        let target = if let query, !query.isEmpty { "\(path)?\(query)" } else { path }
        for part in [method, target, workspace.uuidString.lowercased()] {
            hash.update(data: Array(part.utf8))
            hash.update(data: [0])
        }
        hash.update(data: body)
        return Array(hash.finalize())
    }

    private static func fault(_ detail: String) -> Problem {
        .badRequest(detail, errors: [FieldFault(.header("idempotency-key"), detail)])
    }
}
