#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension PostgresArrayEncodable where Self: PostgresEncodable {
    public static func encodedSize(of array: [Self]) -> Int {
        var size = 20
        for element in array { size += 4 + (element.isNull ? 0 : element.encodedSize) }
        return size
    }

    /// One dimension, counted from 1. Each concrete type gets its own specialised copy, so an element costs a few stores.
    public static func encode(array: [Self], into output: inout PostgresOutput) throws {
        output.writeArrayHeader(count: array.count, hasNulls: array.contains { $0.isNull }, element: postgresType)
        for element in array {
            if element.isNull {
                output.write(-1 as Int32)
            } else {
                let size = element.encodedSize
                output.write(Int32(truncatingIfNeeded: size))
                let before = output.count
                try element.encode(into: &output)
                // The length stands before the bytes, so here the size must be exact.
                precondition(output.count - before == size, "an array element's encodedSize was not what it wrote")
            }
        }
    }
}

extension Optional: PostgresArrayEncodable where Wrapped: PostgresEncodable & PostgresArrayEncodable {
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

extension PostgresOutput {
    @inline(__always)
    mutating func writeArrayHeader(count: Int, hasNulls: Bool, element: PostgresType) {
        write((count == 0 ? 0 : 1) as Int32)
        write((hasNulls ? 1 : 0) as Int32)
        write(element.rawValue)
        guard count > 0 else { return }
        write(Int32(truncatingIfNeeded: count))
        write(1 as Int32)
    }
}

extension UnsafeRawBufferPointer {
    /// `memchr` reads a word at a time: texts are checked whole before they are sent.
    var containsNUL: Bool {
        guard let start = baseAddress, count > 0 else { return false }
        return memchr(start, 0, count) != nil
    }
}
