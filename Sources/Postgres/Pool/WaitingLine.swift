/// First in, first out, with a way to leave from the middle. Taking the first is constant on average; leaving is linear, which
/// is fine for a line whose length is bounded and whose members mostly stay.
struct WaitingLine<Element: Equatable> {
    private var storage: [Element] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func popFirst() -> Element? {
        guard head < storage.count else { return nil }
        defer {
            head += 1
            if head > 32, head * 2 > storage.count {
                storage.removeFirst(head)
                head = 0
            }
        }
        return storage[head]
    }

    /// False when it is not in line.
    mutating func remove(_ element: Element) -> Bool {
        guard let position = storage[head...].firstIndex(of: element) else { return false }
        storage.remove(at: position)
        return true
    }

    mutating func removeAll() -> [Element] {
        defer {
            storage = []
            head = 0
        }
        return Array(storage[head...])
    }
}
