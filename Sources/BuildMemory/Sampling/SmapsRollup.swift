/// What `/proc/PID/smaps_rollup` says of one process, in bytes.
///
/// PSS divides each shared page among the processes that map it, so the sum over a tree is what the tree really holds; the sum
/// of RSS counts a page that ten forked processes share ten times. The kernel walks all pages for it: about 13 ms per GB.
struct SmapsRollup: Sendable, Equatable {
    /// Resident set.
    var rss: Int
    /// Proportional set.
    var pss: Int

    /// Nil when the text lacks either line, as it does for a process that has just ended and for kernels before 4.14.
    init?(bytes: UnsafeRawBufferPointer) {
        var rss: Int?
        var pss: Int?
        var position = 0
        while position < bytes.count, rss == nil || pss == nil {
            let lineEnd = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if let value = Self.kilobytes(after: "Rss:", in: bytes, from: position, to: lineEnd) { rss = value }
            if let value = Self.kilobytes(after: "Pss:", in: bytes, from: position, to: lineEnd) { pss = value }
            position = lineEnd + 1
        }
        guard let rss, let pss else { return nil }
        self.rss = rss
        self.pss = pss
    }

    private static func kilobytes(after label: StaticString, in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        let count = label.utf8CodeUnitCount
        guard end - start > count else { return nil }
        let matches = label.withUTF8Buffer { wanted in bytes[start..<(start + count)].elementsEqual(wanted) }
        guard matches else { return nil }
        var scanner = NumberScanner(bytes: bytes, position: start + count, end: end)
        guard let value = scanner.next(), value <= UInt64(Int.max / 1024) else { return nil }
        return Int(value) * 1024
    }
}
