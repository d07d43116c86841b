/// Reads the binary form of `numeric`: digits of base 10,000 with the weight of the first one, a sign and the number of
/// decimal places to show (`src/backend/utils/adt/numeric.c`, `numeric_send`).
enum DecimalText {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> String {
        func field(_ index: Int) -> UInt16 { UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)) }

        let malformed = PostgresDecodingFault(message: "is numeric and holds malformed bytes", hint: nil)
        guard bytes.count >= 8 else { throw malformed }
        let count = Int(field(0))
        let weight = Int(Int16(bitPattern: field(1)))
        let scale = Int(field(3) & 0x3FFF)
        guard bytes.count == 8 + count * 2 else { throw malformed }

        let sign: String
        switch field(2) {
        case 0x0000: sign = ""
        case 0x4000: sign = "-"
        case 0xC000: return "NaN"
        case 0xD000: return "Infinity"
        case 0xF000: return "-Infinity"
        default: throw malformed
        }

        func group(_ index: Int) -> String {
            guard (0..<count).contains(index) else { return "0000" }
            let digits = String(field(4 + index))
            return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }

        var whole = ""
        if weight >= 0 {
            for index in 0...weight { whole += group(index) }
        }
        let trimmed = whole.drop { $0 == "0" }
        var text = sign + (trimmed.isEmpty ? "0" : trimmed)
        guard scale > 0 else { return text }

        var fraction = ""
        var index = weight + 1
        while fraction.count < scale {
            fraction += group(index)
            index += 1
        }
        text += "." + fraction.prefix(scale)
        return text
    }

    /// The value of a text whose decimal places are all zero, when it fits 64 bits.
    static func whole(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1)
        if parts.count == 2, parts[1].contains(where: { $0 != "0" }) { return nil }
        return parts.first.flatMap { Int64($0) }
    }
}
