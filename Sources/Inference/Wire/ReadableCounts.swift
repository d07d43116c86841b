/// What an answer used and cost, read member by member: one that is absent, null or of another shape is not counted, and fails nothing. What
/// was shown of the answer stands, whatever its provider counted.
extension KeyedDecodingContainer {
    func count(_ key: Key) -> Int? { try? decodeIfPresent(Int.self, forKey: key) }

    func amount(_ key: Key) -> Double? { try? decodeIfPresent(Double.self, forKey: key) }

    /// The members of an object, under keys of the same kind.
    func counts(_ key: Key) -> KeyedDecodingContainer<Key>? {
        guard contains(key) else { return nil }
        return try? nestedContainer(keyedBy: Key.self, forKey: key)
    }
}
