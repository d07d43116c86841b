/// A dictionary of at most `capacity` keys. A key more, and the one that was touched longest ago is forgotten.
///
/// Every operation takes a time that does not hang on the capacity: whoever floods it with keys costs no more than a request.
///
/// ```
///   oldest ─▶ slot ⇄ slot ⇄ slot ◀─ newest         places: key ─▶ slot
/// ```
struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var key: Key
        var value: Value
        /// Places of the neighbours; -1 for none.
        var older: Int
        var newer: Int
    }

    private var slots: [Slot] = []
    private var places: [Key: Int] = [:]
    private var oldest = -1
    private var newest = -1
    private let capacity: Int

    init(capacity: Int) {
        precondition(capacity > 0, "a map without room")
        self.capacity = capacity
    }

    var count: Int { places.count }

    /// Touches nothing.
    func value(of key: Key) -> Value? { places[key].map { slots[$0].value } }

    /// Changes the key's value, or `initial` where there is none, and makes it the newest.
    mutating func update<R>(_ key: Key, initial: @autoclosure () -> Value, _ body: (inout Value) -> R) -> R {
        let place: Int
        if let found = places[key] { place = found } else { place = room(for: key, initial()) }
        if place != newest {
            unlink(place)
            link(place)
        }
        return body(&slots[place].value)
    }

    mutating func removeAll() {
        slots = []
        places = [:]
        (oldest, newest) = (-1, -1)
    }

    // MARK: The chain

    private mutating func room(for key: Key, _ value: Value) -> Int {
        let place: Int
        if slots.count < capacity {
            place = slots.count
            slots.append(Slot(key: key, value: value, older: -1, newer: -1))
        } else {
            place = oldest
            unlink(place)
            places[slots[place].key] = nil
            slots[place].key = key
            slots[place].value = value
        }
        places[key] = place
        link(place)
        return place
    }

    /// Takes a slot out of the chain.
    private mutating func unlink(_ place: Int) {
        let (older, newer) = (slots[place].older, slots[place].newer)
        if older >= 0 { slots[older].newer = newer } else { oldest = newer }
        if newer >= 0 { slots[newer].older = older } else { newest = older }
    }

    /// Puts a slot that is in no chain at the newest end.
    private mutating func link(_ place: Int) {
        slots[place].older = newest
        slots[place].newer = -1
        if newest >= 0 { slots[newest].newer = place } else { oldest = place }
        newest = place
    }
}
