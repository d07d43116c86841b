import Synchronization

/// Raises a signal when a number of things have ended.
final class Countdown: Sendable {
    let zero = Signal()
    private let left: Mutex<Int>

    init(_ count: Int) {
        left = Mutex(count)
        if count == 0 { zero.raise() }
    }

    func ended() {
        let isZero = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isZero { zero.raise() }
    }
}
