import Foundation
import Postgres

@testable import Workspaces

extension PagesFixture {
    /// A plugin as a registry has it. Times are days ago.
    static func plugin(
        _ name: String, owner: String = "elizaos", about: String? = nil, lines: Set<PluginLine>? = [.v1], homepage: String? = nil,
        updated: Double? = 10, seen: Double = 400, gone: Double? = nil
    ) -> PluginRecord {
        func day(_ ago: Double) -> Date { Date(timeIntervalSinceNow: -ago * 86_400) }
        return PluginRecord(
            name: name, owner: owner, repository: "https://github.com/\(owner)/a-repository", description: about, homepage: homepage,
            topics: ["water"], language: "TypeScript", stars: 1, license: "MIT", lines: lines, lastUpdatedAt: updated.map(day),
            firstSeenAt: day(seen), goneAt: gone.map(day))
    }

    static func release(_ version: String, core: String?, isCurrent: Bool = true) -> PluginRelease {
        PluginRelease(
            version: version, line: .v1, coreRange: core, isPublished: true, isCurrent: isCurrent, firstSeenAt: Date(timeIntervalSince1970: 0))
    }

    /// Writes plugins as an import does.
    func register(_ records: [PluginRecord], releases: [String: [PluginRelease]] = [:]) async throws {
        try await directory.pool.transaction(.role(.upkeep)) { transaction in
            try await PluginStore.put(records, digest: Array(repeating: 7, count: 32), now: Date(), in: transaction)
            try await PluginStore.put(releases, in: transaction)
        }
    }
}
