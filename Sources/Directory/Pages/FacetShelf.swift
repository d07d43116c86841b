import Synchronization

/// Facets of the searches of the last seconds. To count them costs more than to search, they change slowly, and most who come ask for the
/// same first page.
final class FacetShelf: Sendable {
    private struct Entry {
        let facets: SearchFacets
        let until: ContinuousClock.Instant
    }

    /// Searches that are kept.
    private static let capacity = 500

    private let lifetime: Duration
    private let entries = Mutex<[String: Entry]>([:])

    /// - Parameter lifetime: how long what was counted is shown; zero for not at all.
    init(lifetime: Duration = .seconds(10)) {
        self.lifetime = lifetime
    }

    /// - Parameters:
    ///   - address: of the search, whatever its order and page.
    ///   - count: counts, where nobody has done it just now.
    func facets(of address: AgentsAddress, count: () async throws -> SearchFacets) async throws -> SearchFacets {
        let (key, now) = (address.with(\.sort, nil).text, ContinuousClock.now)
        if let entry = entries.withLock({ $0[key] }), entry.until > now { return entry.facets }
        let facets = try await count()
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries = entries.filter { $0.value.until > now } }
            if entries.count >= Self.capacity { entries = [:] }
            entries[key] = Entry(facets: facets, until: now + lifetime)
        }
        return facets
    }
}
