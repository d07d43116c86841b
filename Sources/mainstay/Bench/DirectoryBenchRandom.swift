/// SplitMix64: the same seed gives the same directory and the same questions on every machine.
struct DirectoryBenchRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// - Parameters:
    ///   - number: of the thing that is made by it; each has a sequence of its own.
    ///   - part: of that thing.
    init(seed: UInt64, number: Int, part: Int = 0) {
        state = seed &+ UInt64(truncatingIfNeeded: number) &* 0xd1b5_4a32_d192_ed03 &+ UInt64(truncatingIfNeeded: part) &* 0x8cb9_2ba7_2f3d_8dd7
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
