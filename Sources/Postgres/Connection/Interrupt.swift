#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The connection thread's only way to wait: for its socket, for a wake-up from another thread, and never past a deadline.
final class Interrupt: Sendable {
    enum Event: Equatable {
        /// The socket can be read or written, or has an error that reading will show. A wake-up may have come with it, so
        /// look at what wake-ups announce after every wait.
        case socket
        /// Somebody called ``wake()`` and the socket is quiet.
        case woken
        case expired
    }

    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw PostgresError(.connection, "the system refused a pipe: \(String(cString: strerror(errno)))")
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends a wait that is going on, or the next one. From any thread; never blocks.
    func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes just as well.
        _ = write(writeEnd, &byte, 1)
    }

    /// Waits on the connection's thread. `socket` may be negative: then only a wake-up or the deadline ends the wait.
    func wait(socket: Int32, forReading: Bool, forWriting: Bool, until deadline: ContinuousClock.Instant) -> Event {
        let events = Int16((forReading ? POLLIN : 0) | (forWriting ? POLLOUT : 0))
        // A tuple on the stack rather than an array: this runs several times a trip.
        var pair = (pollfd(fd: socket, events: events, revents: 0), pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0))
        while true {
            let ready = withUnsafeMutableBytes(of: &pair) { raw in
                poll(raw.assumingMemoryBound(to: pollfd.self).baseAddress, 2, Self.milliseconds(until: deadline))
            }
            if ready > 0 {
                if pair.1.revents != 0 { drain() }
                return pair.0.revents != 0 ? .socket : .woken
            }
            if ready == 0, ContinuousClock.now >= deadline { return .expired }
            // EINTR, or a timer that ended a little early: again.
        }
    }

    private func drain() {
        var scratch: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &scratch) { while read(readEnd, $0.baseAddress, $0.count) > 0 {} }
    }

    /// Rounded up, so that the wait does not end just before the deadline and spin.
    static func milliseconds(until deadline: ContinuousClock.Instant, now: ContinuousClock.Instant = .now) -> Int32 {
        let (seconds, attoseconds) = (deadline - now).components
        if seconds < 0 || attoseconds < 0 { return 0 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    /// True when nothing waits to be read on a socket. On an idle connection anything is bad news or at least news.
    static func isQuiet(socket: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 0
    }
}
