/// CRC-32 of ISO 3309 (as gzip, PNG and Ethernet have it): reflected polynomial 0xEDB88320.
///
/// `123456789` → `cbf43926`
enum CRC32 {
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var rest: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            rest ^= UInt32(byte)
            // Bit by bit: thirty bytes a request need no table.
            for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1 }
        }
        return ~rest
    }
}
