/// A range of addresses that share their first bits, as `10.0.0.0/8` or `fd00::/8` writes it.
struct AddressBlock: Sendable, Hashable {
    private let base: IPAddress
    private let prefix: Int

    /// Nil for what is no block. A single address is one, too. Bits behind the prefix are left out.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        let width = address.isV4 ? 32 : 128
        guard parts.count == 2 else {
            self.init(address, width)
            return
        }
        guard parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let prefix = Int(parts[1]), prefix <= width else { return nil }
        self.init(address, prefix)
    }

    static func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ prefix: Int) -> AddressBlock {
        AddressBlock(.v4(a << 24 | b << 16 | c << 8 | d), prefix)
    }

    /// - Parameter high: The first half of the address.
    static func v6(_ high: UInt64, _ low: UInt64 = 0, _ prefix: Int) -> AddressBlock {
        AddressBlock(.v6(UInt128(high) << 64 | UInt128(low)), prefix)
    }

    private init(_ base: IPAddress, _ prefix: Int) {
        self.base = base
        self.prefix = prefix
    }

    func contains(_ address: IPAddress) -> Bool {
        switch (base, address) {
        // Shifting by the whole width gives 0: a prefix of no bits holds everything.
        case (.v4(let base), .v4(let address)): (base ^ address) >> UInt32(32 - prefix) == 0
        case (.v6(let base), .v6(let address)): (base ^ address) >> UInt128(128 - prefix) == 0
        case (.v4, .v6), (.v6, .v4): false
        }
    }
}
