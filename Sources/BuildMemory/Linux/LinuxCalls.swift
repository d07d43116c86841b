#if os(Linux)
import Glibc

/// The few system calls that Swift cannot call as they are, and clocks.
enum LinuxCalls {
    /// Makes this process the one that orphans of its descendants are given to, so that they stay in the tree.
    ///
    /// `prctl` takes a variable number of arguments, which Swift does not import. Both Linux calling conventions that Swift
    /// supports pass integers to such a function as to any other. False when the system does not know it: then an orphan is
    /// followed only when it was seen before its parent ended.
    static func becomeSubreaper() -> Bool {
        typealias Prctl = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
        guard let symbol = dlsym(nil, "prctl") else { return false }
        let setChildSubreaper: CInt = 36
        return unsafeBitCast(symbol, to: Prctl.self)(setChildSubreaper, 1, 0, 0, 0) == 0
    }

    /// Microseconds of processor time that the calling thread has used.
    static func threadMicroseconds() -> Double { microseconds(CLOCK_THREAD_CPUTIME_ID) }

    /// Milliseconds of a clock that never goes back.
    static func monotonicMilliseconds() -> Double { microseconds(CLOCK_MONOTONIC) / 1_000 }

    /// Clock ticks since boot, as `/proc/PID/stat` counts a process's start.
    static func ticksSinceBoot() -> UInt64 { UInt64(microseconds(CLOCK_BOOTTIME) / 1e6 * Double(ticksPerSecond)) }

    /// 100 on every Linux that is met, and still a setting of the kernel.
    static let ticksPerSecond = max(sysconf(Int32(_SC_CLK_TCK)), 1)

    static let pageSize = max(sysconf(Int32(_SC_PAGESIZE)), 1)

    /// What `errno` says, in words.
    static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func microseconds(_ clock: clockid_t) -> Double {
        // The members of `timespec` are seen now in one C module and now in another, depending on what else a file's neighbours
        // import. On every 64-bit Linux it is two words: seconds and nanoseconds.
        withUnsafeTemporaryAllocation(of: timespec.self, capacity: 1) { time in
            guard let start = time.baseAddress, clock_gettime(clock, start) == 0 else { return 0 }
            let words = UnsafeRawPointer(start)
            return Double(words.load(as: Int.self)) * 1e6 + Double(words.load(fromByteOffset: 8, as: Int.self)) / 1e3
        }
    }
}
#endif
