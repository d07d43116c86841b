import Foundation
import Web

/// Where pages begin that lie deep in the directory, found as clients find them: from page to page.
struct DirectoryBenchCursors: Sendable {
    var page100: [String] = []
    var page2000: [String] = []
    /// Of the second page and of those behind it.
    var mostForked: [String] = []

    /// Rows of a page.
    static let rows = 20
    /// Pages that are measured before the one that gives a measurement its name, and behind it: each request asks for another one.
    private static let spread = 50
    /// The most rows that a request may ask for.
    private static let most = 200

    /// Walks there. In a small directory it ends at the last page, and the deepest ones that there are stand for the rest.
    static func found(by client: APIClient) async throws -> DirectoryBenchCursors {
        DirectoryBenchCursors(
            page100: try await walk("newest", limits(to: 100), client), page2000: try await walk("newest", limits(to: 2000), client),
            mostForked: try await walk("forks", limits(to: 1), client))
    }

    /// How many rows each request of the way asks for: many as long as nothing is kept.
    static func limits(to page: Int) -> [Int] {
        let skipped = max(0, page - 1 - spread) * rows
        return Array(repeating: most, count: skipped / most) + Array(repeating: rows, count: skipped % most / rows + 2 * spread)
    }

    private static func walk(_ sort: String, _ limits: [Int], _ client: APIClient) async throws -> [String] {
        var cursors: [String] = []
        for limit in limits {
            let path = PageAddress.query(
                "/v1/directory", [(name: "sort", value: sort), (name: "limit", value: "\(limit)"), (name: "cursor", value: cursors.last)])
            let answer: Answer = try await client.call(.get, path)
            guard let next = answer.nextCursor else { break }
            cursors.append(next)
        }
        return Array(cursors.suffix(2 * spread))
    }

    private struct Answer: Decodable {
        let nextCursor: String?

        private enum CodingKeys: String, CodingKey {
            case nextCursor = "next_cursor"
        }
    }
}
