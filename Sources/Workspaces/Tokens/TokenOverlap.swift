/// How long a token that was replaced is good beside the one that replaced it.
///
/// Out of bounds, the nearest within them.
package struct TokenOverlap: Sendable, Hashable {
    /// In seconds. None, for a secret that somebody else may have; 30 days, for what is rolled out once a month.
    package static let bounds = 0...2_592_000
    /// A day: every deployment has the new secret by then.
    package static let standard = TokenOverlap(seconds: 86_400)

    package let seconds: Int

    package init(seconds: Int) {
        self.seconds = min(max(seconds, Self.bounds.lowerBound), Self.bounds.upperBound)
    }
}
