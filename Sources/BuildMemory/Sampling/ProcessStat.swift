/// One reading of `/proc/PID/stat`: who a process is, whose child, and how much memory is resident.
///
/// A process is known by its pid **and** its start: the kernel gives pids out again.
struct ProcessStat: Sendable, Hashable {
    /// The process id.
    var pid: Int32
    /// The id of the parent as of now; the kernel changes it when the parent ends.
    var parent: Int32
    /// The kernel's name of the process: at most 15 bytes of whatever the process calls itself.
    var name: String
    /// `R`, `S`, `D`, … and `Z` for one that has ended but was not yet waited for.
    var state: UInt8
    /// Processor time used in user and kernel mode, in clock ticks.
    var cpuTicks: UInt64
    /// When the process began, in clock ticks since boot.
    var start: UInt64
    /// Resident pages.
    var residentPages: UInt64

    var isZombie: Bool { state == UInt8(ascii: "Z") }
}

extension ProcessStat {
    /// Reads the one line that the kernel writes; nil when it is not such a line (a torn read, a kernel of another kind).
    ///
    /// The name stands in parentheses and may itself hold spaces, parentheses and line feeds, as in `7 (a) b) S 1 …`. What
    /// follows it is only numbers, so the name ends at the **last** closing parenthesis.
    init?(bytes: UnsafeRawBufferPointer) {
        guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")), open < close else { return nil }
        var head = NumberScanner(bytes: bytes, position: 0, end: open)
        guard let pid = head.next(), let pid = Int32(exactly: pid) else { return nil }

        // Counted from the first field after the name, which is the third of proc(5).
        var fields = NumberScanner(bytes: bytes, position: close + 1, end: bytes.count)
        guard let state = fields.letter() else { return nil }
        guard let parent = fields.next(), let parent = Int32(exactly: parent) else { return nil }
        guard fields.skip(9), let user = fields.next(), let system = fields.next() else { return nil }
        let (ticks, overflow) = user.addingReportingOverflow(system)
        guard !overflow, fields.skip(6), let start = fields.next(), fields.skip(1), let pages = fields.next() else { return nil }

        self.pid = pid
        self.parent = parent
        name = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
        self.state = state
        cpuTicks = ticks
        self.start = start
        residentPages = pages
    }
}

/// Reads numbers that stand between spaces, without making a string of each.
struct NumberScanner {
    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    private let end: Int

    init(bytes: UnsafeRawBufferPointer, position: Int, end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    /// The next number that is not negative; nil at the end, at anything else, and when it does not fit.
    mutating func next() -> UInt64? {
        passSpaces()
        var value: UInt64 = 0
        let first = position
        while position < end, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
            let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(UInt64(digit))
            guard !tooLarge, !carried else { return nil }
            value = sum
            position += 1
        }
        guard position > first, position == end || isSpace(bytes[position]) else { return nil }
        return value
    }

    /// The next field when it is a single byte, as the state of a process is.
    mutating func letter() -> UInt8? {
        passSpaces()
        guard position + 1 < end, isSpace(bytes[position + 1]) else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// Passes over so many fields of any content (some are negative). False when there are not as many.
    mutating func skip(_ count: Int) -> Bool {
        for _ in 0..<count {
            passSpaces()
            guard position < end else { return false }
            while position < end, !isSpace(bytes[position]) { position += 1 }
        }
        return true
    }

    private mutating func passSpaces() {
        while position < end, isSpace(bytes[position]) { position += 1 }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") }
}
