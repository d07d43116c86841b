/// Where a tool is called: read strictly and written anew from what was read, so that nobody further on can read it differently.
///
/// | text | |
/// |---|---|
/// | `https://tools.example.com/weather?v=2` | one |
/// | `http://2130706433/`, `http://0x7f.1/`, `http://[::1]/` | ones, of the addresses that they mean |
/// | `https://me@tools.example.com`, `https://tools.example.com/#part`, `ftp://…`, `https://exa%6dple.com`, `https://1.2.3.4.5` | none |
package struct ToolURL: Sendable, Hashable, CustomStringConvertible {
    package enum Scheme: String, Sendable { case http, https }

    package enum Host: Sendable, Hashable, CustomStringConvertible {
        /// In lower case, without a dot at its end.
        case name(String)
        case address(IPAddress)

        package var description: String {
            switch self {
            case .name(let name): name
            case .address(let address): address.isV4 ? "\(address)" : "[\(address)]"
            }
        }
    }

    package let scheme: Scheme
    package let host: Host
    package let port: Int
    /// Path and query, as they are sent.
    package let target: String

    package static let limit = 2_000
    /// What RFC 3986 lets stand in an address, without the mark of a fragment.
    private static let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*+,;=%".utf8)

    /// Nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.limit, text.utf8.allSatisfy(Self.alphabet.contains), Self.isEscapedWell(text) else { return nil }
        let lower = text.lowercased()
        let rest: Substring
        if lower.hasPrefix("https://") {
            (scheme, rest) = (.https, text.dropFirst(8))
        } else if lower.hasPrefix("http://") {
            (scheme, rest) = (.http, text.dropFirst(7))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@"), let (name, port) = Self.parts(of: authority), let host = Self.host(name.lowercased()) else { return nil }
        self.host = host
        if let port {
            guard let number = Self.port(port) else { return nil }
            self.port = number
        } else {
            self.port = scheme == .https ? 443 : 80
        }
        let tail = rest[authority.endIndex...]
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }

    package var description: String {
        let isUsual = port == (scheme == .https ? 443 : 80)
        return "\(scheme.rawValue)://\(host)\(isUsual ? "" : ":\(port)")\(target)"
    }

    // MARK: Pieces

    /// Host and port; nil for brackets that do not enclose the host.
    private static func parts(of authority: Substring) -> (host: Substring, port: Substring?)? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
            return (authority[...end], behind.isEmpty ? nil : behind.dropFirst())
        }
        guard !authority.contains("["), !authority.contains("]") else { return nil }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func port(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(text), (1...65_535).contains(port)
        else { return nil }
        return port
    }

    private static func host(_ text: String) -> Host? {
        if text.hasPrefix("[") {
            guard !text.contains("%"), text.contains(":"), let address = IPAddress(String(text.dropFirst().dropLast())) else { return nil }
            return .address(address)
        }
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        // A host that ends in a number is an address to every reader that knows the standard, and to none a name.
        if IPAddress.endsInNumber(name) { return IPAddress(anySpelling: name).map { .address($0) } }
        return isName(name) ? .name(name) : nil
    }

    /// A name as DNS has it, with the underscores that people use all the same.
    static func isName(_ name: String) -> Bool {
        guard (1...253).contains(name.utf8.count) else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
        }
    }

    /// Whether two hexadecimal digits stand behind each percent sign.
    private static func isEscapedWell(_ text: String) -> Bool {
        var left = 0
        for byte in text.utf8 {
            if left > 0 {
                guard (48...57).contains(byte) || (97...102).contains(byte | 0x20) else { return false }
                left -= 1
            } else if byte == UInt8(ascii: "%") {
                left = 2
            }
        }
        return left == 0
    }
}
