import Crypto
import Foundation

/// A private key as wallets of Solana export it: 64 bytes in base58, a seed and behind it the public key that follows from it.
///
/// Signatures of transactions are 64 bytes in base58 too, and public: only the arithmetic tells them from keys.
enum SolanaKey {
    /// Digits of 64 bytes. One key in ten thousand has fewer.
    static let lengths = 86...88

    static func isOne(_ word: ArraySlice<UInt8>) -> Bool {
        guard lengths.contains(word.count), let bytes = bytes(word) else { return false }
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(32)) else { return false }
        return key.publicKey.rawRepresentation.elementsEqual(bytes.suffix(32))
    }

    /// The 64 bytes that a word writes; nil for another alphabet, and for what is more.
    private static func bytes(_ word: ArraySlice<UInt8>) -> [UInt8]? {
        var limbs = [UInt32](repeating: 0, count: 16)
        for character in word {
            guard var carry = values[Int(character)] else { return nil }
            for place in limbs.indices {
                let sum = UInt64(limbs[place]) * 58 + carry
                limbs[place] = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
            // More than 64 bytes.
            guard carry == 0 else { return nil }
        }
        return limbs.reversed().flatMap { limb in ([24, 16, 8, 0] as [UInt32]).map { UInt8(truncatingIfNeeded: limb >> $0) } }
    }

    /// What each byte is worth as a digit: base58 leaves out what looks alike.
    private static let values: [UInt64?] = {
        var values = [UInt64?](repeating: nil, count: 256)
        for (value, character) in "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8.enumerated() {
            values[Int(character)] = UInt64(value)
        }
        return values
    }()
}
