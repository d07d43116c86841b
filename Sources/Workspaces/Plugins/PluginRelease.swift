package import Foundation

/// A generation of the platform that a plugin can support.
package enum PluginLine: String, Sendable, CaseIterable, Comparable {
    case v0
    case v1
    /// Registry files call it `alpha`.
    case v2

    /// The line of a version of the platform's core, nil for a generation that is not known here.
    package init?(core: SemanticVersion) {
        switch core.major {
        case 0: self = .v0
        case 1: self = .v1
        case 2: self = .v2
        default: return nil
        }
    }

    /// The members under which a registry file has it; where several are there, the first counts.
    var fileKeys: [String] { self == .v2 ? ["v2", "alpha"] : [rawValue] }

    package static func < (left: PluginLine, right: PluginLine) -> Bool { left.rawValue < right.rawValue }
}

/// A release that a registry has named.
package struct PluginRelease: Sendable, Equatable {
    package let version: String
    /// The generation that the registry lists it under. A release of `v0` may well ask for a core of `v1`.
    package let line: PluginLine
    /// The versions of the core that it asks for, as written; a word such as `latest` where it is no range.
    package let coreRange: String?
    /// Whether it is in the package registry, and not only a tag in its repository.
    package let isPublished: Bool
    /// Whether the registry that was imported last names it.
    package var isCurrent: Bool
    /// By the date of the first registry that named it.
    package let firstSeenAt: Date

    /// Newest first: by version, and what is no version last.
    package static func isNewer(_ left: PluginRelease, _ right: PluginRelease) -> Bool {
        switch (SemanticVersion(left.version), SemanticVersion(right.version)) {
        case (let one?, let other?): other < one
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): right.version < left.version
        }
    }
}
