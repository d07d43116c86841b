package import Foundation
import HTTPTypes
package import Hummingbird

/// The Idempotency-Keys of the lines of one body.
///
/// A line's own key is that of its member `idempotency_key`. Without one it is the request's `Idempotency-Key` with the line's
/// number, `KEY#12`: the same body sent again under the same key makes nothing twice, however far the first one came. (A body
/// whose lines have moved is another one; who sends only the rest of it gives its lines keys of their own.) Without either a line
/// has no key.
package struct NDJSONKeys: Sendable {
    private let header: String?
    private let method: String
    private let path: String
    private let query: String?
    private let workspace: UUID

    /// Characters of the header: the number of a line has to find room behind them.
    private static let longest = 240

    /// - Throws: a 400 problem when the header is no key.
    package init(of request: Request, workspace: UUID) throws {
        header = try IdempotencyKey.read(from: request, workspace: workspace, body: [])?.key
        if let header, header.utf8.count > Self.longest {
            let detail = "For a body of lines a key has at most \(Self.longest) characters: each line's number is added to it."
            throw Problem.badRequest(detail, errors: [FieldFault(.header("idempotency-key"), detail)])
        }
        method = request.method.rawValue
        path = request.uri.path
        query = request.uri.query
        self.workspace = workspace
    }

    /// - Parameter own: the member of the line.
    /// - Throws: a 422 problem when that is no key.
    package func key(of line: NDJSONLine, own: String?) throws -> IdempotencyKey? {
        let key: String
        if let own {
            guard (1...255).contains(own.utf8.count), own.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw FieldFault(body: ["idempotency_key"], "A key is made of 1 to 255 visible ASCII characters.")
            }
            key = own
        } else if let header {
            key = "\(header)#\(line.number)"
        } else {
            return nil
        }
        return IdempotencyKey(
            key: key, digest: IdempotencyKey.digest(method: method, path: path, query: query, workspace: workspace, body: line.bytes))
    }
}

/// A line's content with the line's own key among its members.
package struct KeyedLine<Content: Decodable & Sendable>: Decodable, Sendable {
    package let content: Content
    package let idempotencyKey: String?

    private enum CodingKeys: String, CodingKey {
        case idempotencyKey = "idempotency_key"
    }

    package init(from decoder: any Decoder) throws {
        content = try Content(from: decoder)
        idempotencyKey = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .idempotencyKey)
    }
}
