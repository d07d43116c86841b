package import Foundation

/// What is known of a plugin.
package struct PluginRecord: Sendable, Equatable {
    package let name: String
    /// Whose repository it is.
    package let owner: String
    /// An address.
    package let repository: String
    package let description: String?
    package let homepage: String?
    package let topics: [String]
    package let language: String?
    package let stars: Int?
    package let license: String?
    /// The lines of the platform that it supports, as the registry says; nil where it says nothing.
    package let lines: Set<PluginLine>?
    /// nil while nobody knows.
    package let lastUpdatedAt: Date?
    /// By the date of the first registry that had it.
    package let firstSeenAt: Date
    /// By the date of the first registry that no longer had it.
    package var goneAt: Date?

    package func maintenance(at now: Date) -> Maintenance {
        Maintenance(.init(goneAt: goneAt, lines: lines, lastUpdatedAt: lastUpdatedAt, firstSeenAt: firstSeenAt), at: now)
    }
}

/// A record with what the store knows of it besides.
package struct StoredPlugin: Sendable {
    package let record: PluginRecord
    /// As of the moment when it was read.
    package let maintenance: Maintenance
    /// SHA-256 of the files that it was last written from.
    package let sourceDigest: [UInt8]
    package let importedAt: Date
}

/// A plugin and all its releases, as imports compare them with what a registry says.
struct KnownPlugin: Sendable, Equatable {
    let record: PluginRecord
    let releases: [PluginRelease]
}

extension Date {
    /// Cut to the milliseconds that registry files have, so that a date which was stored equals the one that was read.
    var inMilliseconds: Date {
        Date(timeIntervalSince1970: (timeIntervalSince1970 * 1000).rounded() / 1000)
    }
}
