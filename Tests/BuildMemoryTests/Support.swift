@testable import BuildMemory

/// Bytes as a parser is given them.
func withBytes<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Array(text.utf8).withUnsafeBytes(body)
}

/// One process as `/proc` would show it.
func process(
    _ pid: Int32, parent: Int32, name: String = "work", start: UInt64 = 0, pages: UInt64 = 1, cpu: UInt64 = 0, state: Character = "S"
) -> ProcessStat {
    ProcessStat(
        pid: pid, parent: parent, name: name, state: state.asciiValue ?? 0, cpuTicks: cpu, start: start == 0 ? UInt64(pid) : start,
        residentPages: pages)
}
