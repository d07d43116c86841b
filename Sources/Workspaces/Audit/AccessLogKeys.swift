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
    package typealias Fault = KeyRing.Fault

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

    private let keys: KeyRing

    /// None: checkpoints are not signed, and signed ones cannot be checked.
    package static let none = AccessLogKeys(keys: .empty)

    private init(keys: KeyRing) {
        self.keys = keys
    }

    /// - Parameter text: as above.
    package init(_ text: String) throws(Fault) {
        keys = try KeyRing(text, of: "secret") { (id, secret) throws(Fault) in
            guard secret.utf8.count >= Self.shortest else {
                throw Fault(description: "the secret of key \(id) has \(secret.utf8.count) characters; wanted are \(Self.shortest) or more")
            }
            return SymmetricKey(data: Array(secret.utf8))
        }
    }

    /// Whether there is none.
    package var isEmpty: Bool { keys.first == nil }

    /// Whether what was signed with the key of this id can be checked.
    package func has(_ id: String) -> Bool { keys.key(id) != nil }

    /// Signs with the first key; as it is when there is none.
    func signed(_ checkpoint: AccessLogCheckpoint) -> AccessLogCheckpoint {
        guard let key = keys.first else { return checkpoint }
        let code = HMAC<SHA256>.authenticationCode(for: checkpoint.signedBytes(keyID: key.id), using: key.key)
        return AccessLogCheckpoint(
            sequence: checkpoint.sequence, hash: checkpoint.hash, microseconds: checkpoint.microseconds, keyID: key.id, signature: Array(code))
    }

    func judge(_ checkpoint: AccessLogCheckpoint) -> Judgement {
        guard let id = checkpoint.keyID, let signature = checkpoint.signature else { return .unsigned }
        guard let key = keys.key(id) else { return .unknownKey }
        // Compares in constant time.
        return HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: checkpoint.signedBytes(keyID: id), using: key)
            ? .good : .wrong
    }
}
