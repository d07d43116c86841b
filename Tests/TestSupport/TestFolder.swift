import LocalStack
import Synchronization

#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// The folder of this test process, and the watchdog that clears it away.
package enum TestFolder {
    private static let root = Mutex<String?>(nil)
    private static let counter = Atomic(0)

    /// A new folder's path below this process's own, which is in `MAINSTAY_TEST_DIR` or /tmp. Whatever lies there when this
    /// process ends is removed, and servers that run there are ended.
    package static func make(_ name: String) throws -> String {
        let root = try root.withLock { root in
            if let root { return root }
            let made = try makeRoot()
            try Watchdog.start(for: made)
            root = made
            return made
        }
        let path = "\(root)/\(name)-\(counter.add(1, ordering: .relaxed).newValue)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static func makeRoot() throws -> String {
        let parent = ProcessInfo.processInfo.environment["MAINSTAY_TEST_DIR"] ?? "/tmp"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        var path = Array("\(parent)/mainstay-test-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else { throw TestSupportError("cannot make a folder in \(parent): \(String(cString: strerror(errno)))") }
        // Others may pass through (the servers' user must, when we are root); what is private is closed further in.
        chmod(path, 0o711)
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A shell that waits for the end of this process, be it kill -9, then ends the servers below a folder and removes it.
enum Watchdog {
    /// Reading ends when the last writer of the pipe is gone, and that is this process. Then everything whose command line names
    /// the folder is killed: the data is thrown away, so there is nothing to shut down in order.
    private static let script = """
        trap '' INT TERM HUP
        read -r nothing
        for file in $(find "$1" -name '*.pid' -type f); do
            pid=$(head -n 1 "$file")
            if [ -r "/proc/$pid/cmdline" ]; then words=$(tr '\\0' ' ' <"/proc/$pid/cmdline"); else words=$(ps -ww -o command= -p "$pid"); fi
            case $words in *"$1"*) kill -9 "$pid" ;; esac
        done
        for try in 1 2 3 4 5; do rm -rf "$1" && break; sleep 1; done
        """

    static func start(for folder: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw TestSupportError("cannot make a pipe: \(String(cString: strerror(errno)))") }
        // The writing end stays open until the kernel closes it; no child of ours may inherit it.
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            close(ends[0])
            close(null)
        }
        _ = try Spawn.start(
            ["/bin/sh", "-c", script, "sh", folder], environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
            input: ends[0], output: null, errors: null, newSession: true)
    }
}
