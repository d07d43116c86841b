import HTTPTypes
import Hummingbird
import Web
import Workspaces

/// A page of results, and their facets where they were asked for.
struct SearchAnswer: Encodable, Sendable {
    let items: [ListingAnswer]
    let nextCursor: String?
    let sort: DirectorySort
    let facets: FacetsAnswer?

    enum CodingKeys: String, CodingKey {
        case items, sort, facets
        case nextCursor = "next_cursor"
    }

    /// - Parameter found: a page and a row more, which only says that there is more.
    init(_ found: [FoundListing], limit: Int, sort: DirectorySort, facets: SearchFacets?) throws {
        let page = found.prefix(limit)
        items = page.map { ListingAnswer($0.listing) }
        nextCursor = found.count > limit ? try page.last.map { try Cursor.encode($0.cursor) } : nil
        self.sort = sort
        self.facets = facets.map(FacetsAnswer.init)
    }

    /// With an `ETag`, and `Link` to the next page, as every page has it.
    func response(to request: Request, _ context: AppContext) throws -> Response {
        let page = Page(items: items, nextCursor: nextCursor)
        return try KeptBody(self, headers: page.links(request, context)).response(from: request, context: context)
    }
}

extension Page {
    /// `Link` to the next page, when there is one: for an answer that holds a page and more.
    func links(_ request: Request, _ context: some RequestContext) throws -> HTTPFields {
        var headers: HTTPFields = [:]
        guard nextCursor != nil else { return headers }
        headers[.link] = try Page(items: [], nextCursor: nextCursor).response(from: request, context: context).headers[.link]
        return headers
    }
}

/// Counts over the results.
struct FacetsAnswer: Encodable, Sendable {
    struct Value: Encodable, Sendable {
        let value: String
        let count: Int
    }

    let matches: Int
    let cut: Bool
    let tag: [Value]
    let plugin: [Value]
    let owner: [Value]
    let status: [Value]
    let verified: [Value]

    init(_ facets: SearchFacets) {
        func values(_ counts: [SearchFacets.Count]) -> [Value] { counts.map { Value(value: $0.value, count: $0.count) } }
        matches = facets.matches
        cut = facets.isCut
        tag = values(facets.tags)
        plugin = values(facets.plugins)
        owner = values(facets.owners)
        status = values(facets.statuses)
        verified = facets.verified == 0 ? [] : [Value(value: "true", count: facets.verified)]
    }

    private static let values = JSONSchema.array(
        of: .object(["value": .string(), "count": .integer(minimum: 1)]), maxItems: SearchFacets.maximumValues)

    static let schema = JSONSchema.named(
        "SearchFacets",
        .object(
            [
                "matches": .integer("Results that were counted.", minimum: 0), "cut": .boolean, "tag": values, "plugin": values, "owner": values,
                "status": values, "verified": values,
            ],
            description: """
                How often each value occurs; the \(SearchFacets.maximumValues) most frequent. `cut`: at most \(SearchBounds.standard.counted) \
                results were counted, and there may be more.
                """))
}
