package import HTTPTypes
package import Hummingbird

/// An error as the client reads it: RFC 9457, `application/problem+json`.
///
/// `detail` is written for the caller and holds nothing of the server's inside: no SQL, no host, no Swift type.
package struct Problem: HTTPResponseError, Sendable, Equatable {
    /// Which problem it is, for programs: `about:blank` when the status says it all, else a URI that never changes.
    package var type: String
    /// The same for people; the same words at every occurrence.
    package var title: String
    package var status: HTTPResponse.Status
    /// This occurrence, and what to do about it.
    package var detail: String?
    /// When to come again; also the `Retry-After` header.
    package var retryAfter: Duration?
    /// The places in the request that are at fault.
    package var errors: [FieldFault]
    /// More members, in order.
    package var extensions: [JSONValue.Member]
    /// Headers of the answer, such as `WWW-Authenticate` or `Allow`.
    package var headers: HTTPFields
    /// The path that was asked for and the request's id, set on the way out.
    var occurrence: Occurrence?

    struct Occurrence: Sendable, Equatable {
        let path: String
        let requestID: String
    }

    package init(
        _ status: HTTPResponse.Status, name: String? = nil, title: String? = nil, detail: String? = nil, retryAfter: Duration? = nil,
        errors: [FieldFault] = [], extensions: [JSONValue.Member] = [], headers: HTTPFields = [:]
    ) {
        type = name.map { "urn:mainstay:problem:\($0)" } ?? "about:blank"
        self.title = title ?? status.reasonPhrase
        self.status = status
        self.detail = detail
        self.retryAfter = retryAfter
        self.errors = errors
        self.extensions = extensions
        self.headers = headers
    }

    /// The document.
    package var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(type)), .init("title", .string(title)), .init("status", .integer(Int64(status.code))),
        ]
        if let detail { members.append(.init("detail", .string(detail))) }
        if let occurrence {
            members.append(.init("instance", .string(occurrence.path)))
            members.append(.init("request_id", .string(occurrence.requestID)))
        }
        if !errors.isEmpty { members.append(.init("errors", .array(errors.map(\.json)))) }
        members.append(contentsOf: extensions)
        return .object(members)
    }

    /// The last word of a ``type`` of ours, such as `missing-scope`; nil for other types.
    package var name: String? {
        let prefix = "urn:mainstay:problem:"
        return type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : nil
    }

    /// The request's id, once the problem is on its way out.
    package var requestID: String? { occurrence?.requestID }

    package func response(from request: Request, context: some RequestContext) -> Response {
        response(to: request, writing: json, contentType: Self.contentType)
    }

    /// The answer with another document than ``json``: status and headers are the problem's, `Retry-After` among them.
    package func response(to request: Request, writing document: JSONValue, contentType: String = "application/json") -> Response {
        let headers = fields(contentType: contentType)
        // The answer to HEAD has no body, whatever went wrong.
        if request.method == .head { return Response(status: status, headers: headers) }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: document.bytes())))
    }

    static let contentType = "application/problem+json"

    /// The answer's headers.
    func fields(contentType: String) -> HTTPFields {
        var headers = headers
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        if let retryAfter { headers[.retryAfter] = RetryAfter.value(retryAfter) }
        return headers
    }
}
