import LocalStack
import Synchronization

#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// The folder of this test process. A watchdog clears it away, see `Watchdog`.
package enum TestFolder {
    private struct Root: Sendable {
        let path: String
        /// Held for as long as the process lives, never let go of by hand.
        let watchdog: Watchdog
    }

    private static let root = Mutex<Root?>(nil)
    private static let counter = Atomic(0)

    /// A new folder's path below this process's own, which is in `MAINSTAY_TEST_DIR` or /tmp. Whatever lies there when this
    /// process ends is removed, and servers that run there are ended.
    package static func make(_ name: String = "folder") throws -> String {
        let root = try root.withLock { root in
            if let root { return root }
            let path = try makeRoot()
            let made = Root(path: path, watchdog: try Watchdog(over: path))
            root = made
            return made
        }
        let path = "\(root.path)/\(name)-\(counter.add(1, ordering: .relaxed).newValue)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// A folder beside this process's own, which nobody clears away but the caller.
    package static func makeRoot() throws -> String {
        try TemporaryFolder.make(in: ProcessInfo.processInfo.environment["MAINSTAY_TEST_DIR"] ?? "/tmp")
    }
}
