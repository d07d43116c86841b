extension PostgresArrayDecodable where Self: PostgresDecodable {
    /// One dimension or none. Every length is checked against the bytes that are there.
    public static func decodeArray(_ cell: PostgresCell) throws -> [Self] {
        let bytes = try cell.requireBytes()
        var reader = ArrayReader(bytes: bytes)
        guard let dimensions = reader.read(Int32.self), reader.read(Int32.self) != nil, let element = reader.read(UInt32.self) else {
            throw cell.mismatch(expected: "an array")
        }
        guard dimensions != 0 else {
            guard bytes.count == ArrayReader.emptyHeaderSize else { throw cell.mismatch(expected: "an array") }
            return []
        }
        guard dimensions == 1 else {
            // A value of another type has any number here, so only a small one is believed.
            guard (2...6).contains(dimensions) else { throw cell.mismatch(expected: "an array") }
            throw PostgresDecodingFault(message: "is an array of \(dimensions) dimensions, expected one", hint: "unnest it in the statement")
        }
        guard let count = reader.read(Int32.self), reader.read(Int32.self) != nil, count >= 0, Int(count) <= reader.remaining / 4 else {
            throw cell.mismatch(expected: "an array")
        }
        let type = PostgresType(rawValue: element)
        var values: [Self] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = reader.read(Int32.self), let slice = reader.take(length) else { throw cell.malformed("a truncated array") }
            values.append(try Self.decode(PostgresCell(type: type, bytes: slice)))
        }
        return values
    }
}

extension Optional: PostgresArrayDecodable where Wrapped: PostgresDecodable & PostgresArrayDecodable {}

extension Array: PostgresArrayDecodable where Element == UInt8 {}

private struct ArrayReader {
    static let emptyHeaderSize = 12

    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func read<T: FixedWidthInteger>(_ type: T.Type) -> T? {
        guard remaining >= MemoryLayout<T>.size else { return nil }
        defer { position += MemoryLayout<T>.size }
        return T(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    /// The next element: `.some(nil)` for a null, `nil` when the bytes end before it does.
    mutating func take(_ length: Int32) -> UnsafeRawBufferPointer?? {
        guard length >= 0 else { return length == -1 ? .some(nil) : nil }
        guard remaining >= Int(length) else { return nil }
        defer { position += Int(length) }
        return .some(UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]))
    }
}
