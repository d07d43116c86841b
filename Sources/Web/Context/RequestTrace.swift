/// A position in a distributed trace, as W3C Trace Context's `traceparent` writes it.
///
///     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
///        trace id (16 bytes)              span id (8 bytes) flags
///
/// Jobs carry it as its header text.
package struct RequestTrace: Sendable, Hashable, CustomStringConvertible {
    /// The `traceparent` header's value, 55 characters.
    package let header: String

    /// 32 lower-case hexadecimal digits, not all zero.
    package var traceID: String { part(3..<35) }
    /// 16 lower-case hexadecimal digits, not all zero: the span of the one who wrote the header.
    package var spanID: String { part(36..<52) }
    /// Whether the caller records this trace.
    package var sampled: Bool { header.utf8.last == UInt8(ascii: "1") }
    package var description: String { header }

    /// Reads a header, or nil when it is not a valid one: the specification then starts a new trace.
    ///
    /// A version after 00 may append fields; what is known of it is read.
    package init?(header: String) {
        let bytes = Array(header.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return nil }
        let version = bytes[0..<2]
        guard Self.isLowerHex(version), !version.elementsEqual("ff".utf8) else { return nil }
        if version.elementsEqual("00".utf8) {
            guard bytes.count == 55 else { return nil }
        } else if bytes.count > 55 {
            guard bytes[55] == dash else { return nil }
        }
        let trace = bytes[3..<35]
        let span = bytes[36..<52]
        let flags = bytes[53..<55]
        guard Self.isLowerHex(trace), Self.isLowerHex(span), Self.isLowerHex(flags) else { return nil }
        guard trace.contains(where: { $0 != UInt8(ascii: "0") }), span.contains(where: { $0 != UInt8(ascii: "0") }) else { return nil }
        let isSampled = (UInt8(String(decoding: flags, as: UTF8.self), radix: 16) ?? 0) & 1 == 1
        self.header = "00-" + String(decoding: bytes[3..<52], as: UTF8.self) + (isSampled ? "-01" : "-00")
    }

    private init(_ trace: (UInt64, UInt64), span: UInt64) {
        header = String(unsafeUninitializedCapacity: 55) { text in
            var at = 0
            func append(_ word: StaticString) {
                for place in 0..<word.utf8CodeUnitCount { text.initializeElement(at: at + place, to: word.utf8Start[place]) }
                at += word.utf8CodeUnitCount
            }
            func append(_ number: UInt64) {
                for place in 0..<16 { text.initializeElement(at: at + place, to: Self.digit(number >> (60 - 4 * UInt64(place)))) }
                at += 16
            }
            append("00-")
            append(trace.0)
            append(trace.1)
            append("-")
            append(span)
            append("-00")
            return at
        }
    }

    /// Starts a trace.
    package static func root(using generator: inout some RandomNumberGenerator) -> RequestTrace {
        let high = UInt64.random(in: 1 ... .max, using: &generator)
        let low = UInt64.random(in: .min ... .max, using: &generator)
        return RequestTrace((high, low), span: .random(in: 1 ... .max, using: &generator))
    }

    /// Starts a trace of its own.
    package static func root() -> RequestTrace {
        var generator = SpreadNumbers()
        return root(using: &generator)
    }

    /// This server's own span below the caller's.
    package func child(using generator: inout some RandomNumberGenerator) -> RequestTrace {
        let span = String(UInt64.random(in: 1 ... .max, using: &generator), radix: 16)
        return RequestTrace(own: "00-\(traceID)-\(String(repeating: "0", count: 16 - span.utf8.count))\(span)\(sampled ? "-01" : "-00")")
    }

    /// This server's own span below the caller's, by the system's generator.
    func child() -> RequestTrace {
        var generator = SystemRandomNumberGenerator()
        return child(using: &generator)
    }

    private init(own header: String) { self.header = header }

    private func part(_ range: Range<Int>) -> String {
        String(decoding: header.utf8.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self)
    }

    private static func digit(_ number: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: number & 0xf)
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func isLowerHex(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }
}
