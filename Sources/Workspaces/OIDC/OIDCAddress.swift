import Foundation

/// An address of an issuer: https, or http of this very machine, for trying things out.
///
/// | text | |
/// |---|---|
/// | `https://id.example.com`, `https://id.example.com/realms/acme` | one |
/// | `http://127.0.0.1:8081`, `http://localhost/`, `http://[::1]:8081` | one, on loopback |
/// | `http://id.example.com`, `ftp://id.example.com`, `https://me@id.example.com`, `https://id.example.com/#part` | none |
struct OIDCAddress: Sendable, Hashable, CustomStringConvertible {
    /// As it was written: issuers are compared character by character.
    let text: String
    /// Whether it is http.
    let isPlain: Bool

    var description: String { text }

    /// So that issuer and subject fit into one entry of an index.
    static let limit = 512
    private static let loopback: Set<String> = ["127.0.0.1", "localhost", "::1", "[::1]"]
    /// What RFC 3986 lets stand in an address.
    private static let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%".utf8)

    /// Nil for anything else.
    init?(_ text: String) {
        guard text.utf8.count <= Self.limit, text.utf8.allSatisfy(Self.alphabet.contains), let parts = URLComponents(string: text),
            let host = parts.host, !host.isEmpty, parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        switch parts.scheme?.lowercased() {
        case "https": isPlain = false
        case "http" where Self.loopback.contains(host.lowercased()): isPlain = true
        default: return nil
        }
        self.text = text
    }

    /// Where an issuer at this address describes itself; nil for one with a query, behind which no path can stand.
    var discovery: OIDCAddress? {
        guard !text.contains("?") else { return nil }
        return OIDCAddress((text.hasSuffix("/") ? String(text.dropLast()) : text) + "/.well-known/openid-configuration")
    }
}
