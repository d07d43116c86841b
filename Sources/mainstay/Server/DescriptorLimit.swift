#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The number of files and sockets that this process may have open.
enum DescriptorLimit {
    /// Raises it as far as the system lets a process do by itself: the usual 1,024 end at as many clients.
    static func raise() {
        var limit = rlimit()
        #if canImport(Darwin)
        let resource = RLIMIT_NOFILE
        // Beyond this macOS refuses the call, whatever it says the most is.
        let most = rlim_t(OPEN_MAX)
        #else
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        let most = rlim_t.max
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, most)
        // A refusal leaves what there was.
        _ = setrlimit(resource, &limit)
    }
}
