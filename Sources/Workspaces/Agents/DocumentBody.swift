import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore
import Web

/// An answer whose last member is a document, sent as it is stored: through `Encodable` long numbers would be rounded.
package struct DocumentBody<Head: Encodable & Sendable>: ResponseGenerator, Sendable {
    private let head: Head
    private let member: String
    private let document: JSONNode

    /// - Parameters:
    ///   - head: encoded as an object with at least one member.
    ///   - member: the name under which the document follows, plain letters.
    package init(_ head: Head, member: String, document: JSONNode) {
        self.head = head
        self.member = member
        self.document = document
    }

    /// The whole text.
    func bytes(with encoder: JSONEncoder) throws -> [UInt8] {
        var bytes = [UInt8](try encoder.encode(head))
        bytes.removeLast()
        return bytes + Array(",\"\(member)\":".utf8) + document.canonicalBytes + Array("}".utf8)
    }

    package func response(from request: Request, context: some RequestContext) throws -> Response {
        let bytes = try bytes(with: WireCoding.encoder)
        let headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Request {
    /// Reads a JSON body as it is, empty ones included.
    ///
    /// - Throws: 413 over the route's limit, 415 for another content type (none at all is taken for JSON).
    package func readJSONBytes(in context: some RequestContext) async throws -> [UInt8] {
        let bytes = try await readBody(in: context)
        if let field = headers[.contentType], !bytes.isEmpty {
            let type = field.split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() } ?? ""
            guard type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json")) else {
                throw Problem.unsupportedMediaType(found: field, expected: "application/json")
            }
        }
        return bytes
    }
}
