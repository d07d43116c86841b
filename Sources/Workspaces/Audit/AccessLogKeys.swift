import Crypto
import Foundation

/// The keys that checkpoints are signed with: the first signs, all of them check, so that a new one is put in front and the old
/// one stays for what it has signed.
///
///     2026-07:5b0c…e1,2026-01:9f4a…07        id, colon, secret; commas between them
///
/// A signature is HMAC-SHA256 over ``AccessLogCheckpoint/signedBytes(keyID:)``, with the secret's characters as the key: whoever
/// has the secret can check with any tool.
package struct AccessLogKeys: Sendable {
    /// Why a text is no list of keys. It never quotes a secret.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    private struct Key: Sendable {
        let id: String
        let secret: SymmetricKey
    }

    /// What a signature turned out to be.
    enum Judgement: Sendable, Equatable {
        case good
        case unsigned
        /// Signed by this key, and not these fields.
        case wrong
        /// No key of this id is here.
        case unknownKey
    }

    /// The shortest secret: 32 characters of a hexadecimal one are 128 bits.
    package static let shortest = 32

    private let keys: [Key]

    /// None: checkpoints are not signed, and signed ones cannot be checked.
    package static let none = AccessLogKeys(keys: [])

    private init(keys: [Key]) {
        self.keys = keys
    }

    /// - Parameter text: as above.
    package init(_ text: String) throws(Fault) {
        var keys: [Key] = []
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let words = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else { throw Fault(description: "key \(index + 1) is not of the form id:secret") }
            let (id, secret) = (String(words[0]), words[1])
            guard Self.isID(id) else {
                throw Fault(
                    description: "the id of key \(index + 1) is not 1 to 63 lower-case letters, digits, `.`, `_` and `-`, a letter or digit first")
            }
            guard secret.utf8.count >= Self.shortest else {
                throw Fault(description: "the secret of key \(id) has \(secret.utf8.count) characters; wanted are \(Self.shortest) or more")
            }
            guard !keys.contains(where: { $0.id == id }) else { throw Fault(description: "there are two keys \(id)") }
            keys.append(Key(id: id, secret: SymmetricKey(data: Array(secret.utf8))))
        }
        self.keys = keys
    }

    /// Signs with the first key; as it is when there is none.
    func signed(_ checkpoint: AccessLogCheckpoint) -> AccessLogCheckpoint {
        guard let key = keys.first else { return checkpoint }
        let code = HMAC<SHA256>.authenticationCode(for: checkpoint.signedBytes(keyID: key.id), using: key.secret)
        return AccessLogCheckpoint(
            sequence: checkpoint.sequence, hash: checkpoint.hash, microseconds: checkpoint.microseconds, keyID: key.id, signature: Array(code))
    }

    func judge(_ checkpoint: AccessLogCheckpoint) -> Judgement {
        guard let id = checkpoint.keyID, let signature = checkpoint.signature else { return .unsigned }
        guard let key = keys.first(where: { $0.id == id }) else { return .unknownKey }
        // Compares in constant time.
        return HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: checkpoint.signedBytes(keyID: id), using: key.secret)
            ? .good : .wrong
    }

    private static func isID(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}
