import Crypto
import Foundation
package import Workspaces

/// The keys that secrets of workspaces are sealed with: the first seals, all of them open, so that a new one is put in front and the
/// old one stays until everything was sealed anew.
///
///     2026-07:q83v…0A=,2026-01:3q2+…7w=        id, colon, 32 bytes in base64; commas between them
///
/// A secret is sealed with AES-256-GCM under a nonce of its own. What it belongs to is authenticated with it (``SealedPlace``): bytes
/// that were copied to another workspace, provider or tool do not open.
package struct SealingKeys: Sendable {
    package typealias Fault = KeyRing.Fault

    private let keys: KeyRing

    /// None: secrets can neither be kept nor used.
    package static let none = SealingKeys(keys: .empty)

    private init(keys: KeyRing) {
        self.keys = keys
    }

    /// - Parameter text: As above.
    package init(_ text: String) throws(Fault) {
        keys = try KeyRing(text, of: "base64") { (id, base64) throws(Fault) in
            guard let bytes = Data(base64Encoded: String(base64)) else { throw Fault(description: "the key \(id) is not base64") }
            guard bytes.count == 32 else { throw Fault(description: "the key \(id) has \(bytes.count) bytes; wanted are 32") }
            return SymmetricKey(data: bytes)
        }
    }

    /// Whether there is none.
    package var isEmpty: Bool { keys.first == nil }

    /// Whether what lies under the key of this id can be opened.
    package func has(_ id: String) -> Bool { keys.key(id) != nil }

    /// The id of the key that seals; nil when there is none.
    var sealingID: String? { keys.first?.id }

    /// - Throws: ``SealFault/noKey``.
    func seal(_ secret: [UInt8], for place: SealedPlace) throws -> SealedSecret {
        guard let key = keys.first else { throw SealFault.noKey }
        let box = try AES.GCM.seal(secret, using: key.key, authenticating: place.authenticated)
        // Nil for nonces of another length than the one that was drawn.
        guard let combined = box.combined else { throw SealFault.damaged }
        return SealedSecret(keyID: key.id, bytes: Array(combined))
    }

    /// - Throws: ``SealFault/unknownKey(_:)`` when the key is not here; ``SealFault/damaged`` for bytes that were changed, or sealed for
    ///   another place.
    func open(_ sealed: SealedSecret, for place: SealedPlace) throws(SealFault) -> [UInt8] {
        guard let key = keys.key(sealed.keyID) else { throw .unknownKey(sealed.keyID) }
        do {
            return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed.bytes), using: key, authenticating: place.authenticated))
        } catch {
            throw .damaged
        }
    }
}
