extension Sequence<Double> {
    /// The middle one; the mean of the middle two when their number is even; nil of none.
    var median: Double? {
        let sorted = sorted()
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

extension Array where Element: Comparable {
    /// The smallest one that so many percent of all do not exceed, by nearest rank; nil of none.
    ///
    /// - Parameter percent: 0 to 100. Whole, so that no rounding takes the next one.
    /// - Precondition: They are in order.
    func nearestRank(percent: Int) -> Element? {
        guard !isEmpty else { return nil }
        let rank = (count * percent + 99) / 100
        return self[Swift.min(Swift.max(rank - 1, 0), count - 1)]
    }
}
