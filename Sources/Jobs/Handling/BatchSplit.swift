/// Which jobs of a batch to try together after it failed: halves, until the bad job stands alone. A batch of 500 with
/// one bad job costs 18 further transactions, and 499 jobs commit.
///
/// | batch | bad | tried in turn |
/// |---|---|---|
/// | 0..<4 | 2 | 0..<4 ✗, 0..<2 ✓, 2..<4 ✗, 2..<3 ✗ alone, 3..<4 ✓ |
struct BatchSplit: Sendable, Equatable {
    /// Ranges still to be tried, the next one last.
    private var pending: [Range<Int>]

    init(count: Int, most: Int) {
        precondition(most > 0, "a batch holds at least one job")
        pending = stride(from: 0, to: count, by: most).map { $0..<min($0 + most, count) }.reversed()
    }

    /// The next range to try; nil when all are settled.
    mutating func next() -> Range<Int>? { pending.popLast() }

    /// A range failed as a whole.
    /// - Returns: true when it was a single job, whose failure it is; otherwise its halves come next.
    mutating func failed(_ range: Range<Int>) -> Bool {
        guard range.count > 1 else { return true }
        let middle = range.lowerBound + range.count / 2
        pending.append(middle..<range.upperBound)
        pending.append(range.lowerBound..<middle)
        return false
    }
}
