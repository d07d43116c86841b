import Crypto

/// A secret as its owner holds it: a mark that says what it opens, 30 random characters, 6 of checksum, all of 0-9, A-Z, a-z.
///
/// | text | opens |
/// |---|---|
/// | `mst_…` | the API, as a token |
/// | `msi_…` | a workspace, once, as an invitation |
///
/// The checksum is the CRC-32 of the random part, as in GitHub's tokens: a scanner or this server tells a secret from a
/// mistyped or invented text without a look-up. The random part has 178 bits, so a plain hash of it cannot be searched.
package struct TokenSecret: Sendable, Hashable, CustomStringConvertible {
    /// What a secret opens; the mark that it begins with.
    package enum Kind: String, Sendable, CaseIterable {
        case token = "mst_"
        case invitation = "msi_"
    }

    /// The whole text. Shown once, when the secret is made.
    package let text: String

    /// Enough to recognise it by in a list, and for nothing else.
    package var prefix: String { String(text.prefix(8)) }

    /// What is stored: SHA-256 of the text.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// Never the secret: what is printed by mistake can be shown.
    package var description: String { "\(prefix)…" }

    /// Draws a secret.
    package init(_ kind: Kind = .token, using generator: inout some RandomNumberGenerator) {
        let random = (0..<Self.randomLength).map { _ in Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &generator)] }
        text = kind.rawValue + String(decoding: random + Self.checksum(of: random), as: UTF8.self)
    }

    /// Draws a secret from the system's generator.
    package init(_ kind: Kind = .token) {
        var generator = SystemRandomNumberGenerator()
        self.init(kind, using: &generator)
    }

    /// Reads what a client sent as a token; nil when it cannot be one.
    package init?(_ text: String) {
        self.init(text, of: .token)
    }

    /// Reads what a client sent; nil when it cannot be a secret of that kind.
    package init?(_ text: String, of kind: Kind) {
        let bytes = Array(text.utf8)
        let mark = Array(kind.rawValue.utf8)
        guard bytes.count == mark.count + Self.randomLength + Self.checksumLength, bytes.starts(with: mark) else { return nil }
        let random = Array(bytes[mark.count..<(mark.count + Self.randomLength)])
        guard random.allSatisfy(Self.isOfAlphabet), Self.checksum(of: random).elementsEqual(bytes.suffix(Self.checksumLength)) else {
            return nil
        }
        self.text = text
    }

    // MARK: Checksum

    private static let randomLength = 30
    private static let checksumLength = 6
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func isOfAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    /// Six characters hold any CRC-32: 62⁶ is 13 times 2³².
    private static func checksum(of random: [UInt8]) -> [UInt8] {
        var rest = CRC32.checksum(random)
        var digits: [UInt8] = []
        for _ in 0..<checksumLength {
            digits.append(alphabet[Int(rest % UInt32(alphabet.count))])
            rest /= UInt32(alphabet.count)
        }
        return digits.reversed()
    }
}
