@testable import BuildMemory

/// Bytes as a parser is given them.
func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(text.utf8).withUnsafeBytes(body)
}

/// The same numbers in every run (SplitMix64): a property that fails can be looked at again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// One process as `/proc` would show it.
func process(
    _ pid: Int32, parent: Int32, name: String = "work", start: UInt64 = 0, pages: UInt64 = 1, cpu: UInt64 = 0, state: Character = "S"
) -> ProcessStat {
    ProcessStat(
        pid: pid, parent: parent, name: name, state: state.asciiValue ?? 0, cpuTicks: cpu, start: start == 0 ? UInt64(pid) : start,
        residentPages: pages)
}
