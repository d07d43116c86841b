#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Starts threads for what must block: a connection's own work and cancel requests.
enum DetachedThread {
    /// Runs `body` on a new thread. Throws ``PostgresError`` with code `connection` when the system gives none.
    static func start(_ body: @escaping @Sendable () -> Void) throws {
        let work = Unmanaged.passRetained(ThreadWork(body))
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        guard pthread_create(&thread, nil, runThreadWork, work.toOpaque()) == 0 else {
            work.release()
            throw PostgresError(.connection, "the system refused another thread")
        }
        #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
    }
}

private final class ThreadWork {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Called by C on the new thread; a top-level function, so that it belongs to no actor.
#if canImport(Darwin)
private func runThreadWork(_ raw: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadWork>.fromOpaque(raw).takeRetainedValue().body()
    return nil
}
#else
private func runThreadWork(_ raw: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let raw else { return nil }
    Unmanaged<ThreadWork>.fromOpaque(raw).takeRetainedValue().body()
    return nil
}
#endif
