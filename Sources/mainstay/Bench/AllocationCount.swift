#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Allocations of this process, as `ops/lib/count_malloc.c` counts them when it was loaded before the C library.
enum AllocationCount {
    private typealias Function = @convention(c) @Sendable () -> UInt

    /// Nil when nobody counts. The function is found by name: this program neither contains it nor needs it.
    private static let function: Function? = {
        #if os(Linux)
        guard let symbol = dlsym(nil, "mainstay_allocation_count") else { return nil }
        return unsafeBitCast(symbol, to: Function.self)
        #else
        return nil
        #endif
    }()

    /// Calls since the process began; nil when nobody counts.
    static var now: Int? { function.map { Int(truncatingIfNeeded: $0()) } }

    /// Keeps the counting library from the children of this process, which may not be allowed to read it.
    static func endInheritance() {
        unsetenv("LD_PRELOAD")
    }
}
