import Foundation
import Web

/// In which order results come.
enum DirectorySort: String, Sendable, Codable, CaseIterable {
    /// By how well the words fit; only with words, and then by itself.
    case relevance
    /// By when they were first published.
    case newest
    /// The most forked first.
    case forks
}

/// What search shows: whatever else is there is not found.
enum FoundStatus: String, Sendable, CaseIterable {
    case active, deprecated
}

/// The place of a result in its order: a page begins after it.
struct SearchCursor: Sendable, Codable, Equatable {
    let sort: DirectorySort
    /// Millionths of relevance, or forks; 0 by time, for which the id is enough.
    let value: Int64
    let id: UUID
}

/// A question to the directory.
struct DirectorySearch: Sendable, Equatable {
    var words: SearchWords?
    /// In lower case, as the tags of listings are kept.
    var tag: String?
    var plugin: String?
    var owner: String?
    var status: FoundStatus?
    var updatedSince: Date?
    /// Whether operators have verified the owner; nil for either.
    var isVerified: Bool?
    var sort = DirectorySort.newest
    var wantsFacets = false

    /// Whether anything beside words narrows it.
    var hasFilters: Bool { tag != nil || plugin != nil || owner != nil || status != nil || updatedSince != nil || isVerified != nil }

    init() {}

    /// Reads a query.
    /// - Throws: a 400 problem for what cannot be read; a 422 one for relevance without words.
    init(_ query: Query) throws {
        words = query["q"].flatMap { SearchWords($0) }
        tag = query["tag"].map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        plugin = query["plugin"]
        owner = query["owner"]
        status = try query.word("status", as: FoundStatus.self)
        updatedSince = try Self.updatedSince(query)
        isVerified = try query.flag("verified")
        wantsFacets = try query.flag("facets") ?? false
        sort = try query.word("sort", as: DirectorySort.self) ?? (words == nil ? .newest : .relevance)
        guard sort != .relevance || words != nil else {
            throw Problem.invalid([FieldFault(.parameter("sort"), "Relevance is to words: send `q`, or sort by `newest` or `forks`.")])
        }
    }

    /// The time behind which changes are asked for; nil when the parameter was not sent.
    /// - Throws: a 400 problem.
    static func updatedSince(_ query: Query) throws -> Date? {
        try query["updated_since"].map { text in
            guard let date = WireCoding.date(text) else { throw withoutTime }
            return date
        }
    }

    /// Of what is not the time that ``updatedSince(_:)`` reads.
    static let withoutTime = Query.fault("updated_since", "Send an RFC 3339 time such as `2026-01-31T08:30:00Z`, with `+` written as `%2B`.")

    /// The cursor of this search's order.
    /// - Throws: a 422 problem for one of another order.
    func place(_ cursor: SearchCursor?) throws -> SearchCursor? {
        guard let cursor, cursor.sort != sort else { return cursor }
        throw Problem.invalid([
            FieldFault(.parameter("cursor"), "The cursor is of the order `\(cursor.sort.rawValue)`; pages of `\(sort.rawValue)` begin without one.")
        ])
    }
}

/// A listing as a search found it.
struct FoundListing: Sendable {
    let listing: Listing
    let cursor: SearchCursor
}

/// How often the values of a facet occur among the results.
struct SearchFacets: Sendable, Equatable {
    struct Count: Sendable, Equatable {
        let value: String
        let count: Int
    }

    /// Values of a facet that are told.
    static let maximumValues = 20

    var tags: [Count] = []
    var plugins: [Count] = []
    var owners: [Count] = []
    var statuses: [Count] = []
    /// Results whose owners are verified.
    var verified = 0
    /// Results that were counted.
    var matches = 0
    /// Whether there may be more results than were counted.
    var isCut = false
}
