/// Which versions of something a package accepts, in the language of `package.json`. It says which cores a release works with, and
/// which releases of a plugin an agent asks for.
///
/// | written | accepts |
/// |---|---|
/// | `1.5.10`, `=1.5.10`, `v1.5.10` | that one |
/// | `^1.3.1` | 1.3.1 up to 2.0.0, without it |
/// | `^0.25.6`, `^0.0.3` | the same up to 0.26.0, up to 0.0.4: the first digit that is not 0 stays |
/// | `~1.2.3`, `~1.2`, `~1` | up to 1.3.0, up to 1.3.0, up to 2.0.0 |
/// | `1.x`, `1`, `1.2.*` | what begins like that |
/// | `>=1.0.0 <2`, `1.0 - 1.4` | both at once; up to all of 1.4 |
/// | `^0.25.0 \|\| ^1.0.0` | either |
/// | `*`, nothing at all | everything, prereleases included |
///
/// A prerelease is accepted only where the range names a prerelease of the same three numbers: `^2.0.0-alpha.1` accepts
/// `2.0.0-alpha.4` and not `2.1.0-alpha.1`. Whoever asked for `^1.0.0` did not ask for what is not finished. So does the package
/// manager, `*` included.
///
/// Not a range, and so nil: `latest` and other tags, `workspace:*`, addresses, anything longer than ``maximumLength``.
package struct CoreRange: Sendable, CustomStringConvertible {
    /// Real ones have at most some forty characters.
    package static let maximumLength = 256

    /// As it was written.
    package let text: String

    /// Any of these; in each, all of them hold. None at all accepts everything.
    private let alternatives: [[CoreComparator]]

    package var description: String { text }

    /// - Returns: nil when it is no range.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, let alternatives = try? CoreRangeReader.alternatives(text) else { return nil }
        self.text = text
        self.alternatives = alternatives
    }

    /// Whether the range accepts a version.
    package func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { comparators in
            guard comparators.allSatisfy({ $0.admits(version) }) else { return false }
            return comparators.isEmpty || !version.isPrerelease || comparators.contains { $0.namesPrerelease(of: version) }
        }
    }
}

/// One bound of a range.
struct CoreComparator: Sendable {
    enum Relation: Sendable {
        case less
        case lessOrEqual
        case equal
        case greaterOrEqual
        case greater
    }

    let relation: Relation
    let bound: SemanticVersion

    func admits(_ version: SemanticVersion) -> Bool {
        switch relation {
        case .less: version < bound
        case .lessOrEqual: !(bound < version)
        // By precedence, for which build metadata does not count.
        case .equal: !(bound < version) && !(version < bound)
        case .greaterOrEqual: !(version < bound)
        case .greater: bound < version
        }
    }

    /// Whether the bound is itself a prerelease of the same three numbers.
    func namesPrerelease(of version: SemanticVersion) -> Bool {
        bound.isPrerelease && bound.major == version.major && bound.minor == version.minor && bound.patch == version.patch
    }
}
