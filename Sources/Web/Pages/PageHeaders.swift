package import HTTPTypes
package import Hummingbird
import NIOCore

/// Headers of pages whose style and script are files of ours: nothing stands in the page that could run, nothing is loaded from
/// elsewhere, no form goes elsewhere, and no page frames ours. (``PageFrame`` is for pages that carry style and script in themselves.)
package enum PageHeaders {
    /// The value of `Content-Security-Policy`.
    package static let policy = [
        "default-src 'none'", "style-src 'self'", "script-src 'self'", "connect-src 'self'", "img-src data:", "form-action 'self'",
        "base-uri 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    package static let contentType = "text/html; charset=utf-8"

    /// Of every page, whoever may keep it.
    package static let common: HTTPFields = [
        .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff", .referrerPolicy: "same-origin",
    ]

    /// The answer with a page that is for one visitor or for this moment: nobody keeps it.
    package static func passing(_ page: String, status: HTTPResponse.Status = .ok) -> Response {
        var headers = common
        headers[.contentType] = contentType
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: page)))
    }
}
