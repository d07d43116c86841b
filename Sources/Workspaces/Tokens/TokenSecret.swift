import Crypto

/// A token as its owner holds it: `mst_`, 30 random characters, 6 of checksum, all of 0-9, A-Z, a-z.
///
/// The checksum is the CRC-32 of the random part, as in GitHub's tokens: a scanner or this server tells a token from a
/// mistyped or invented text without a look-up. The random part has 178 bits, so a plain hash of it cannot be searched.
package struct TokenSecret: Sendable, Hashable, CustomStringConvertible {
    /// The whole text. Shown once, when the token is made.
    package let text: String

    /// Enough to recognise it by in a list, and for nothing else.
    package var prefix: String { String(text.prefix(8)) }

    /// What is stored: SHA-256 of the text.
    package var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// Never the secret: what is printed by mistake can be shown.
    package var description: String { "\(prefix)…" }

    /// Draws a token.
    package init(using generator: inout some RandomNumberGenerator) {
        let random = (0..<Self.randomLength).map { _ in Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &generator)] }
        text = Self.mark + String(decoding: random + Self.checksum(of: random), as: UTF8.self)
    }

    /// Draws a token from the system's generator.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Reads what a client sent; nil when it cannot be a token.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let mark = Array(Self.mark.utf8)
        guard bytes.count == mark.count + Self.randomLength + Self.checksumLength, bytes.starts(with: mark) else { return nil }
        let random = Array(bytes[mark.count..<(mark.count + Self.randomLength)])
        guard random.allSatisfy(Self.alphabet.contains), Self.checksum(of: random).elementsEqual(bytes.suffix(Self.checksumLength)) else {
            return nil
        }
        self.text = text
    }

    // MARK: Checksum

    private static let mark = "mst_"
    private static let randomLength = 30
    private static let checksumLength = 6
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

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
