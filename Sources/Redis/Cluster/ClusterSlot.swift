/// One of the slots that a cluster shares out among its primaries. Every key lies in exactly one of them.
struct ClusterSlot: Sendable, Hashable {
    /// How many slots every cluster has.
    static let count = 16_384

    let number: Int

    /// Nil for a number that is no slot's.
    init?(_ number: Int) {
        guard (0..<Self.count).contains(number) else { return nil }
        self.number = number
    }

    /// The slot of a key: the CRC16 of its hash tag if it has one, else of the whole key.
    ///
    /// The tag is what stands between the first `{` and the first `}` behind it, unless that is nothing:
    ///
    /// | key | hashed |
    /// | --- | --- |
    /// | `mainstay:{tickets/0}:later` | `tickets/0` |
    /// | `foo{}{bar}` | the whole key |
    /// | `foo{{bar}}zap` | `{bar` |
    /// | `foo{bar}{zap}` | `bar` |
    init(key: some Collection<UInt8>) {
        let crc: UInt16
        if let open = key.firstIndex(of: UInt8(ascii: "{")) {
            let behind = key[key.index(after: open)...]
            let tag = behind.prefix { $0 != UInt8(ascii: "}") }
            // Without a closing brace the prefix runs to the end, and there is no tag.
            crc = tag.isEmpty || tag.endIndex == behind.endIndex ? Self.crc16(key) : Self.crc16(tag)
        } else {
            crc = Self.crc16(key)
        }
        number = Int(crc) % Self.count
    }

    /// The slot of a key as it stands among a command's arguments.
    init(of key: RedisArgument) {
        switch key {
        case .string(let text): self.init(key: text.utf8)
        case .bytes(let bytes): self.init(key: bytes)
        case .integer(let value): self.init(key: String(value).utf8)
        }
    }

    /// CRC-16/XMODEM: polynomial 0x1021, start 0, nothing reflected. `123456789` gives 0x31C3.
    static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes {
            let index = Int(UInt8(truncatingIfNeeded: crc >> 8) ^ byte)
            crc = (crc << 8) ^ table[index]
        }
        return crc
    }

    private static let table: [UInt16] = {
        var table: [UInt16] = []
        table.reserveCapacity(256)
        for byte in 0..<256 {
            var crc = UInt16(byte) << 8
            for _ in 0..<8 {
                crc = (crc & 0x8000) == 0 ? crc << 1 : (crc << 1) ^ 0x1021
            }
            table.append(crc)
        }
        return table
    }()
}
