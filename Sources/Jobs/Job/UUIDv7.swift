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
    static let length = 36

    /// Nil unless `bytes` is 36 characters of the canonical form, in either case.
    static func parse(_ bytes: some Collection<UInt8>) -> UUID? {
        guard bytes.count == length else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { buffer in
            _ = buffer.initialize(fromContentsOf: bytes)
            return UnsafePointer(buffer.baseAddress).flatMap { parse(at: $0) }
        }
    }

    /// The identifier whose 36 characters begin at `text`; nil when they are not of the canonical form.
    static func parse(at text: UnsafePointer<UInt8>) -> UUID? {
        guard text[8] == 0x2d, text[13] == 0x2d, text[18] == 0x2d, text[23] == 0x2d else { return nil }
        // A digit that is none sets bits above the nibble; they are looked at once, at the end.
        var faults: UInt8 = 0
        func digits(_ value: UInt64, _ range: Range<Int>) -> UInt64 {
            var value = value
            for index in range {
                let byte = text[index]
                let nibble =
                    switch byte {
                    case 0x30...0x39: byte &- 0x30
                    case 0x61...0x66: byte &- 0x61 &+ 10
                    case 0x41...0x46: byte &- 0x41 &+ 10
                    default: 0x80 as UInt8
                    }
                faults |= nibble
                value = value << 4 | UInt64(nibble & 15)
            }
            return value
        }
        let high = digits(digits(digits(0, 0..<8), 9..<13), 14..<18)
        let low = digits(digits(0, 19..<23), 24..<36)
        return faults < 16 ? UUID(high: high, low: low) : nil
    }

    /// Writes the 36 characters of the canonical lower-case form to `text`.
    static func write(_ uuid: UUID, to text: UnsafeMutablePointer<UInt8>) {
        let (high, low) = uuid.words
        var at = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                text[at] = 0x2d
                at += 1
            }
            let word = index < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64((15 - index % 16) * 4)) & 15
            text[at] = nibble &+ (nibble > 9 ? 0x57 : 0x30)
            at += 1
        }
    }

    /// Appends the canonical lower-case form.
    static func append(_ uuid: UUID, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: length) { buffer in
            guard let text = buffer.baseAddress else { return }
            write(uuid, to: text)
            bytes.append(contentsOf: buffer)
        }
    }
}

extension UUID {
    /// The canonical form in lower case, as PostgreSQL and every id of the API show it.
    public var lowercased: String {
        String(unsafeUninitializedCapacity: UUIDText.length) { buffer in
            guard let text = buffer.baseAddress else { return 0 }
            UUIDText.write(self, to: text)
            return UUIDText.length
        }
    }
}
