import Synchronization

/// Numbers for names that are no secrets, traces: no other call in this process gets one twice, and hardly any other process. Who knows one can
/// foretell the next. The system's generator costs a system call a number, and every request has three of them.
///
/// A Weyl sequence that begins at a place of the process's own, its numbers mixed by the finalizer of SplitMix64 (Steele, Lea and Flood,
/// OOPSLA 2014): a bijection, so that within a process none comes twice.
struct SpreadNumbers: RandomNumberGenerator {
    private static let place = Atomic<UInt64>(.random(in: .min ... .max))
    private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

    mutating func next() -> UInt64 {
        var number = Self.place.wrappingAdd(Self.step, ordering: .relaxed).newValue
        number = (number ^ (number >> 30)) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ (number >> 27)) &* 0x94d0_49bb_1331_11eb
        return number ^ (number >> 31)
    }
}
