import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Finds TCP ports on 127.0.0.1 that nobody listens on.
package enum FreePort {
    /// Below what Linux (32768) and macOS (49152) hand out for outgoing connections. A port from that range may be in use as
    /// somebody's source port just when a server wants it back, and a client that retries against it can even connect to
    /// itself and keep it.
    package static let range = 20_000..<32_000

    private static let given = Mutex<Set<Int>>([])

    /// A port that was free a moment ago and that nobody else in this process was given; the server that takes it may still lose the race
    /// to another process, and then asks again.
    package static func next(in range: Range<Int> = range) throws -> Int {
        for _ in 0..<500 {
            let port = Int.random(in: range)
            guard isFree(port) else { continue }
            let isOurs = given.withLock { given in
                // What was given long ago is in use by now, or free.
                if given.count >= 4000 { given = [] }
                return given.insert(port).inserted
            }
            if isOurs { return port }
        }
        throw LocalStackError(.portInUse, "no free port found on 127.0.0.1 between \(range.lowerBound) and \(range.upperBound)")
    }

    /// So many ports, no two the same, each as `next()` finds them.
    ///
    /// - Parameter taken: ports that somebody will listen on who does not yet.
    package static func next(_ count: Int, except taken: Set<Int> = []) throws -> [Int] {
        var ports: [Int] = []
        while ports.count < count {
            let port = try next()
            if !taken.contains(port) { ports.append(port) }
        }
        return ports.sorted()
    }

    /// Whether a server could listen on 127.0.0.1:`port` now.
    package static func isFree(_ port: Int) -> Bool { refusal(of: port) == nil }

    /// Why no server could listen on 127.0.0.1:`port` now, in the system's words; nil when one could.
    package static func refusal(of port: Int) -> String? {
        guard let number = in_port_t(exactly: port), number > 0 else { return "no such port" }
        #if canImport(Darwin)
        let stream = SOCK_STREAM
        #else
        let stream = Int32(SOCK_STREAM.rawValue)
        #endif
        let descriptor = socket(AF_INET, stream, 0)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        // As the servers do: connections of a predecessor in TIME_WAIT are no hindrance, a listener is.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        return bound == 0 && listen(descriptor, 1) == 0 ? nil : String(cString: strerror(errno))
    }
}
