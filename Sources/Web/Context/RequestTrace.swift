/// A position in a distributed trace, as W3C Trace Context's `traceparent` writes it.
///
///     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
///        trace id (16 bytes)              span id (8 bytes) flags
///
/// Jobs carry it as its header text.
package struct RequestTrace: Sendable, Hashable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits, not all zero.
    package let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero: the span of the one who wrote the header.
    package let spanID: String
    /// Whether the caller records this trace.
    package let sampled: Bool

    /// The `traceparent` header's value.
    package var header: String { "00-\(traceID)-\(spanID)-\(sampled ? "01" : "00")" }
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
        traceID = String(decoding: trace, as: UTF8.self)
        spanID = String(decoding: span, as: UTF8.self)
        sampled = (UInt8(String(decoding: flags, as: UTF8.self), radix: 16) ?? 0) & 1 == 1
    }

    private init(traceID: String, spanID: String, sampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.sampled = sampled
    }

    /// Starts a trace.
    package static func root(using generator: inout some RandomNumberGenerator) -> RequestTrace {
        let trace = hex(.random(in: 1 ... .max, using: &generator)) + hex(.random(in: .min ... .max, using: &generator))
        return RequestTrace(traceID: trace, spanID: hex(.random(in: 1 ... .max, using: &generator)), sampled: false)
    }

    /// Starts a trace from the system's generator.
    package static func root() -> RequestTrace {
        var generator = SystemRandomNumberGenerator()
        return root(using: &generator)
    }

    /// This server's own span below the caller's.
    package func child(using generator: inout some RandomNumberGenerator) -> RequestTrace {
        RequestTrace(traceID: traceID, spanID: Self.hex(.random(in: 1 ... .max, using: &generator)), sampled: sampled)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isLowerHex(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
    }
}
