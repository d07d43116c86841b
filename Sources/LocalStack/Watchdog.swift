#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A shell that waits for the end of this process, be it kill -9, then ends the servers below a folder and removes it: for servers
/// whose data is thrown away.
package struct Watchdog: Sendable {
    /// The writing end of a pipe that the shell reads from. Nothing is ever written: reading ends when the last writer is gone.
    private let lifeline: Int32

    /// Everything below the folder that runs is killed: its data is thrown away, so there is nothing to shut down in order. A
    /// process is known by the folder's path in its command line, never by its number alone.
    private static let script = """
        trap '' INT TERM HUP
        read -r nothing
        find "$1" -name '*.pid' -type f | while read -r file; do
            pid=$(head -n 1 "$file")
            if [ -d /proc/self ]; then words=$(tr '\\0' ' ' <"/proc/$pid/cmdline"); else words=$(ps -ww -o command= -p "$pid"); fi
            case $words in *"$1"*) kill -9 "$pid" ;; esac
        done
        for try in 1 2 3 4 5; do rm -rf "$1" && break; sleep 1; done
        """

    /// Watches over `folder` from now on.
    package init(over folder: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw LocalStackError(.commandFailed, "cannot make a pipe: \(String(cString: strerror(errno)))") }
        // No child of ours may inherit it: it would keep the shell waiting.
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer {
            close(ends[0])
            close(null)
        }
        _ = try Spawn.start(
            ["/bin/sh", "-c", Self.script, "sh", folder], environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"],
            input: ends[0], output: null, errors: null, newSession: true)
        lifeline = ends[1]
    }

    /// Does what the end of this process does.
    package func release() {
        close(lifeline)
    }
}
