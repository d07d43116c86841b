#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One process at a time starts or stops a stack. The kernel lets go of the lock when its holder dies, whatever the way.
enum StackLock {
    /// Runs `body` with the lock held.
    ///
    /// - Parameter limit: two minutes, longer than a first start on a slow machine takes.
    /// - Throws: `busy` when another process holds it for all that time.
    static func hold<R: Sendable>(
        _ folder: StackFolder, limit: Duration = .seconds(120), _ body: () async throws -> R
    ) async throws -> R {
        let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StackFolder.unusable(folder.lock, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let end = ContinuousClock.now + limit
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard ContinuousClock.now < end else {
                throw LocalStackError(.busy, "another process has been starting or stopping the servers in \(folder.path) for \(limit)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await body()
    }
}
