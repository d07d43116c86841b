package import Hummingbird
import HTTPTypes

/// Which page is asked for: `?limit=…&cursor=…`.
package struct PageRequest<Key: Codable & Sendable>: Sendable {
    /// Rows at most.
    package let limit: Int
    /// The last row of the page before; nil for the first page.
    package let after: Key?

    package init(limit: Int, after: Key?) {
        self.limit = limit
        self.after = after
    }

    /// Reads the query; 50 rows unless asked otherwise, 200 at most.
    /// - Throws: a 400 problem.
    package init(_ request: Request, default standard: Int = 50, limit: Int = 200) throws {
        let query = try Query(request)
        self.limit = try query.integer("limit", in: 1...limit) ?? standard
        after = try query["cursor"].map { try Cursor.decode($0) }
    }
}

/// One page: `{"items": […], "next_cursor": "…"}`, and `Link: <…>; rel="next"` when there is more.
package struct Page<Item: Encodable & Sendable>: ResponseGenerator, Encodable, Sendable {
    package let items: [Item]
    /// What to send as `cursor` for the next page; nil on the last.
    package let nextCursor: String?

    package init(items: [Item], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }

    /// A page of rows that were asked for with one more than the limit: the surplus row only says that there is more.
    package init<Key: Codable & Sendable>(_ rows: [Item], for request: PageRequest<Key>, key: (Item) -> Key) throws {
        items = Array(rows.prefix(request.limit))
        nextCursor = rows.count > request.limit ? try items.last.map { try Cursor.encode(key($0)) } : nil
    }

    private enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }

    package func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try context.responseEncoder.encode(self, from: request, context: context)
        if let nextCursor {
            let kept = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
            response.headers[.link] = "<\(request.uri.path)?\((kept + ["cursor=\(nextCursor)"]).joined(separator: "&"))>; rel=\"next\""
        }
        return response
    }
}
