/// Where parameters write their binary form: a cursor over memory whose size is known before the first byte is written, so
/// that a statement with arrays of 500 elements costs one allocation.
public struct PostgresOutput: ~Copyable {
    private let start: UnsafeMutableRawPointer
    private let capacity: Int

    /// Bytes written so far.
    public private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        // An empty buffer may have no address; nothing is ever written to this stand-in, for the capacity is zero.
        start = memory.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 8).unsafelyUnwrapped
        capacity = memory.count
    }

    /// Appends an integer in network order.
    @inline(__always)
    public mutating func write<T: FixedWidthInteger>(_ value: T) {
        let size = MemoryLayout<T>.size
        precondition(capacity - count >= size, "a parameter wrote more than its encodedSize")
        start.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
        count += size
    }

    /// Appends bytes as they are.
    @inline(__always)
    public mutating func write(bytes: UnsafeRawBufferPointer) {
        precondition(capacity - count >= bytes.count, "a parameter wrote more than its encodedSize")
        if let source = bytes.baseAddress {
            (start + count).copyMemory(from: source, byteCount: bytes.count)
        }
        count += bytes.count
    }
}
