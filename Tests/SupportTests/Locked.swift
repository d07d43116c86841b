import Synchronization

/// A value that a test changes and a `@Sendable` closure reads.
final class Locked<Value: Sendable>: Sendable {
    private let mutex: Mutex<Value>

    init(_ value: Value) { mutex = Mutex(value) }

    var value: Value {
        get { mutex.withLock { $0 } }
        set { mutex.withLock { $0 = newValue } }
    }
}

extension Locked where Value: RangeReplaceableCollection {
    func append(_ element: Value.Element) { mutex.withLock { $0.append(element) } }
}
