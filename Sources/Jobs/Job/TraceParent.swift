/// A W3C trace context header (`00-<trace id>-<parent id>-<flags>`), carried through a job unchanged, so that the
/// logs of the request and of the handler share one trace id.
///
/// Source: W3C Trace Context, level 1, section 3.2.
public struct TraceParent: Sendable, Hashable, CustomStringConvertible {
    /// The header as it was given, 55 lower-case characters.
    public let header: String

    /// Nil unless the text is a version-00 header with non-zero ids.
    public init?(header: String) {
        var header = header
        guard header.withUTF8(Self.isValid) else { return nil }
        self.header = header
    }

    private init(trace: Substring, span: String, flags: Substring) {
        header = "00-\(trace)-\(span)-\(flags)"
    }

    /// The 32 hexadecimal characters that logs of one trace share.
    public var traceID: Substring { header.dropFirst(3).prefix(32) }

    /// The 16 hexadecimal characters of the span that wrote the header.
    public var spanID: Substring { header.dropFirst(36).prefix(16) }

    /// A new span of the same trace, below this one.
    public func child(using generator: inout some RandomNumberGenerator) -> TraceParent {
        let digits = String(UInt64.random(in: 1 ... .max, using: &generator), radix: 16)
        return TraceParent(trace: traceID, span: String(repeating: "0", count: 16 - digits.utf8.count) + digits, flags: header.suffix(2))
    }

    public var description: String { header }

    private static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == 55, bytes[0] == 0x30, bytes[1] == 0x30 else { return false }
        for (index, byte) in bytes.enumerated() {
            let isDash = index == 2 || index == 35 || index == 52
            guard isDash ? byte == 0x2d : isLowerHex(byte) else { return false }
        }
        return bytes[3..<35].contains { $0 != 0x30 } && bytes[36..<52].contains { $0 != 0x30 }
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
