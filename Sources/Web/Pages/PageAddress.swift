/// Addresses of our own pages, for links and redirects. They begin with a path, so that no value can make them lead elsewhere.
package enum PageAddress {
    /// A path of these segments, each encoded: `path("ops", "queues", name)` is `/ops/queues/…`.
    package static func path(_ segments: String...) -> String {
        "/" + segments.map { encode($0) }.joined(separator: "/")
    }

    /// A path with a query; values that are nil or empty are left out.
    package static func query(_ path: String, _ values: [(name: String, value: String?)]) -> String {
        var pairs: [String] = []
        for (name, value) in values {
            guard let value, !value.isEmpty else { continue }
            pairs.append("\(encode(name))=\(encode(value))")
        }
        return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// Percent-encoding of all but RFC 3986's unreserved characters.
    package static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }
}
