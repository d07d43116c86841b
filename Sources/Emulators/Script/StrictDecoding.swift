extension Decoder {
    /// Refuses members that nobody reads: in a script a misspelt trap would otherwise be a stream without that trap, and a test of it
    /// would pass for nothing.
    func refuseStrangers<Key: CodingKey & CaseIterable>(among known: Key.Type) throws {
        let names = Key.allCases.map(\.stringValue)
        let found = try container(keyedBy: AnyMember.self).allKeys.map(\.stringValue)
        guard let stranger = found.sorted().first(where: { !names.contains($0) }) else { return }
        throw DecodingError.dataCorrupted(
            .init(codingPath: codingPath, debugDescription: "\"\(stranger)\" is no member here; there are \(names.joined(separator: ", "))"))
    }
}

extension KeyedDecodingContainer {
    /// The member's value, or what stands for one that is not there.
    func value<Value: Decodable>(_ key: Key, or fallback: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? fallback
    }

    /// A number that must not be below `least`.
    func number(_ key: Key, atLeast least: Int) throws -> Int? {
        guard let number = try decodeIfPresent(Int.self, forKey: key) else { return nil }
        guard number >= least else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(number) is too small; the least is \(least)")
        }
        return number
    }

    /// A time in milliseconds, with or without a fraction.
    func milliseconds(_ key: Key) throws -> Duration {
        guard let number = try decodeIfPresent(Double.self, forKey: key) else { return .zero }
        guard (0...86_400_000).contains(number) else {
            throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "\(number) is no time; wanted are 0 to 86400000 ms")
        }
        return .milliseconds(number)
    }
}

/// Any member of an object.
private struct AnyMember: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Duration {
    /// Milliseconds, with their fraction.
    var inMilliseconds: Double { self / .milliseconds(1) }
}
