import Foundation

/// What this process has cost the processor.
enum ProcessorTime {
    /// Seconds of all threads since the start, in user and in system mode.
    static func used() -> Double {
        var usage = rusage()
        #if os(Linux)
        let found = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
        let found = getrusage(RUSAGE_SELF, &usage)
        #endif
        guard found == 0 else { return 0 }
        let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_stime.tv_sec) + microseconds / 1e6
    }
}
