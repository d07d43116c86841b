import Crypto
import Jobs
import Foundation
package import HTTPTypes
package import Hummingbird
import NIOCore
import Web

/// A public answer that anybody may keep, and ask about again: it has an `ETag`, and whoever shows that one in `If-None-Match` is
/// answered 304 without a body.
///
/// The tag is weak and made of the whole text, so that it changes with everything that the answer says and with nothing else. For
/// that the members of JSON objects are written in the order of their names: otherwise two processes write them in two orders.
package struct KeptBody: ResponseGenerator, Sendable {
    private let bytes: [UInt8]
    private let contentType: String
    private let maxAge: Duration
    private let headers: HTTPFields

    /// - Parameters:
    ///   - maxAge: how long it may be used without asking again. Zero, for what operators can take away, asks every time.
    ///   - headers: of the answer, with or without its body.
    package init(bytes: [UInt8], contentType: String, maxAge: Duration = .zero, headers: HTTPFields = [:]) {
        self.bytes = bytes
        self.contentType = contentType
        self.maxAge = maxAge
        self.headers = headers
    }

    /// A JSON document.
    package init(_ value: some Encodable, maxAge: Duration = .zero, headers: HTTPFields = [:]) throws {
        self.init(bytes: [UInt8](try WireCoding.encoder.encode(value)), contentType: Self.json, maxAge: maxAge, headers: headers)
    }

    /// A JSON document that ends in a stored one.
    package init(_ body: DocumentBody<some Encodable & Sendable>, maxAge: Duration = .zero, headers: HTTPFields = [:]) throws {
        self.init(bytes: try body.bytes(with: WireCoding.encoder), contentType: Self.json, maxAge: maxAge, headers: headers)
    }

    package func response(from request: Request, context: some RequestContext) -> Response {
        let tag = EntityTag(of: bytes)
        var headers = headers
        headers[.eTag] = tag.description
        let seconds = maxAge.components.seconds
        headers[.cacheControl] = seconds > 0 ? "public, max-age=\(seconds)" : "public, no-cache"
        guard !tag.isShown(by: request.headers[values: .ifNoneMatch]) else { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = contentType
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static let json = "application/json; charset=utf-8"
}

/// A weak validator, RFC 9110, section 8.8.3: `W/"…"`.
struct EntityTag: Sendable, Equatable, CustomStringConvertible {
    /// 32 hexadecimal digits: half of a SHA-256.
    private let digits: String

    init(of bytes: [UInt8]) {
        digits = Array(SHA256.hash(data: bytes).prefix(16)).hexadecimal
    }

    var description: String { "W/\"\(digits)\"" }

    /// Whether one of the values of `If-None-Match` is this tag, by weak comparison, or `*`.
    func isShown(by fields: [String]) -> Bool {
        fields.joined(separator: ",").split(separator: ",").contains { field in
            let tag = field.trimmingCharacters(in: .whitespaces)
            return tag == "*" || (tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag) == "\"\(digits)\""
        }
    }
}
