import TestSupport

/// Helpers of its own instead of the generic ones of the standard library, which would take most of a step's time in a debug build.
extension SplitMix64 {
    /// One of `0..<bound`.
    mutating func below(_ bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % bound }

    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.upperBound - range.lowerBound + 1) }

    /// True so many times in a thousand.
    mutating func happens(_ perMille: Int) -> Bool { below(1000) < perMille }
}
