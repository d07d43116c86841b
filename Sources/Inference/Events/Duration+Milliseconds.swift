extension Duration {
    /// Whole milliseconds, rounded down; saturates instead of trapping on absurd values.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let (product, overflow) = Int(seconds).multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return product &+ Int(attoseconds / 1_000_000_000_000_000)
    }

    /// Milliseconds with their fraction, for measurements.
    var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + Double(attoseconds) / 1e15
    }
}
