public import Foundation

extension UUID {
    /// A version 7 identifier (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, then 74 random bits.
    ///
    /// Jobs are keyed by it, so that tables grow at their right edge and can be cut into days by id.
    public static func version7(milliseconds: Int64, using generator: inout some RandomNumberGenerator) -> UUID {
        let time = UInt64(clamping: milliseconds) & 0xffff_ffff_ffff
        let high = time << 16 | 0x7000 | (generator.next() & 0x0fff)
        let low = 0x8000_0000_0000_0000 | (generator.next() & 0x3fff_ffff_ffff_ffff)
        return UUID(high: high, low: low)
    }

    /// A version 7 identifier of this moment, by the wall clock of this machine.
    public static func version7() -> UUID {
        var generator = SystemRandomNumberGenerator()
        return version7(milliseconds: Int64(Date().timeIntervalSince1970 * 1000), using: &generator)
    }

    /// A version 8 identifier that depends on nothing but `base` and `step`: the same step of the same thing is the same job.
    /// It keeps the first 48 bits of `base`, so that it falls into the same day.
    public static func derived(from base: UUID, step: UInt64) -> UUID {
        let (high, low) = base.words
        var mixed = (low ^ (high << 48)) &+ (step &+ 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return UUID(high: high & ~0xf000 | 0x8000, low: 0x8000_0000_0000_0000 | mixed & 0x3fff_ffff_ffff_ffff)
    }

    /// Milliseconds since 1970 that the first 48 bits say: meaningful for version 7 only.
    public var version7Milliseconds: Int64 { Int64(words.high >> 16) }

    init(high: UInt64, low: UInt64) {
        let bytes: (UInt64, UInt64) = (high.bigEndian, low.bigEndian)
        self.init(uuid: withUnsafeBytes(of: bytes) { $0.loadUnaligned(as: uuid_t.self) })
    }

    var words: (high: UInt64, low: UInt64) {
        withUnsafeBytes(of: uuid) { raw in
            (
                UInt64(bigEndian: raw.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}

/// The text form of identifiers, read and written on bytes: a header is parsed for every job, and the general
/// parser costs more than the rest of the header.
enum UUIDText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Nil unless `bytes` is 36 characters of the canonical form, in either case.
    static func parse(_ bytes: some RandomAccessCollection<UInt8>) -> UUID? {
        guard bytes.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var nibbles = 0
        for (index, byte) in bytes.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == 0x2d else { return nil }
                continue
            }
            let value: UInt64
            switch byte {
            case 0x30...0x39: value = UInt64(byte - 0x30)
            case 0x61...0x66: value = UInt64(byte - 0x61 + 10)
            case 0x41...0x46: value = UInt64(byte - 0x41 + 10)
            default: return nil
            }
            if nibbles < 16 { high = high << 4 | value } else { low = low << 4 | value }
            nibbles += 1
        }
        return UUID(high: high, low: low)
    }

    /// Appends the canonical lower-case form.
    static func append(_ uuid: UUID, to bytes: inout [UInt8]) {
        let (high, low) = uuid.words
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { bytes.append(0x2d) }
            let word = index < 16 ? high : low
            let shift = UInt64((15 - index % 16) * 4)
            bytes.append(digits[Int(word >> shift & 0xf)])
        }
    }
}

extension UUID {
    /// The canonical form in lower case, as PostgreSQL and every id of the API show it.
    public var lowercased: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        UUIDText.append(self, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
