/// How long a deleted workspace can be restored before it is purged.
package struct DeletionGrace: Sendable, Hashable {
    /// A day, for what was a mistake is seen by then; a year, for what was deleted is to go.
    package static let bounds = 1...365
    /// 30 days: a month's holiday, and no more than retention keeps jobs.
    package static let standard = DeletionGrace(days: 30)

    package let days: Int

    /// - Parameter days: out of bounds, the nearest within them.
    package init(days: Int) {
        self.days = min(max(days, Self.bounds.lowerBound), Self.bounds.upperBound)
    }
}
