#if THREAD_SANITIZER
import Locks

/// Shadows the standard library's, which the thread sanitizer cannot see.
typealias Mutex<Value: ~Copyable> = VisibleMutex<Value>
#endif
