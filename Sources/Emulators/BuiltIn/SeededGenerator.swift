/// SplitMix64: the same numbers for the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The generator of a server's `number`th answer: two servers with one seed give the same answers in the same order.
    init(seed: UInt64, number: Int = 0) {
        state = seed
        // Seeds are small numbers and so are these: mixed once, neighbours have nothing in common.
        state = next() &+ UInt64(truncatingIfNeeded: number) &* 0xbf58_476d_1ce4_e5b9
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Letters and digits, as providers' ids have them.
    mutating func letters(_ count: Int) -> String {
        let alphabet = Self.alphabet
        return String(decoding: (0..<count).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] }, as: UTF8.self)
    }

    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
}
