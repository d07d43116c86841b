#if THREAD_SANITIZER
#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A `Mutex` that the thread sanitizer sees. It intercepts pthread's locks; the standard library's own, a futex inside of a library
/// that is not instrumented, is nothing to it, and everything behind one would be reported as a race. A module takes this one's place by
/// a type alias, in a build for that sanitizer only (`ops/test --sanitize thread`).
///
/// Sendable: the value is reached inside of the lock only, and the pointers never change.
package struct VisibleMutex<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let value: UnsafeMutablePointer<Value>

    package init(_ initial: consuming sending Value) {
        lock = .allocate(capacity: 1)
        lock.initialize(to: pthread_mutex_t())
        pthread_mutex_init(lock, nil)
        value = .allocate(capacity: 1)
        value.initialize(to: initial)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
        value.deinitialize(count: 1)
        value.deallocate()
    }

    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value.pointee)
    }
}
#endif
