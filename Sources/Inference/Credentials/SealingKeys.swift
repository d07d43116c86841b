import Crypto
import Foundation

/// The keys that secrets of workspaces are sealed with: the first seals, all of them open, so that a new one is put in front and the
/// old one stays until everything was sealed anew.
///
///     2026-07:q83v…0A=,2026-01:3q2+…7w=        id, colon, 32 bytes in base64; commas between them
///
/// A secret is sealed with AES-256-GCM under a nonce of its own. What it belongs to is authenticated with it (``SealedPlace``): bytes
/// that were copied to another workspace, provider or tool do not open.
package struct SealingKeys: Sendable {
    /// Why a text is no list of keys. It never quotes one.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    private struct Key: Sendable {
        let id: String
        let key: SymmetricKey
    }

    private let keys: [Key]

    /// None: secrets can neither be kept nor used.
    package static let none = SealingKeys(keys: [])

    private init(keys: [Key]) {
        self.keys = keys
    }

    /// - Parameter text: As above.
    package init(_ text: String) throws(Fault) {
        var keys: [Key] = []
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let words = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else { throw Fault(description: "key \(index + 1) is not of the form id:base64") }
            let id = String(words[0])
            guard Self.isID(id) else {
                throw Fault(
                    description: "the id of key \(index + 1) is not 1 to 63 lower-case letters, digits, `.`, `_` and `-`, a letter or digit first")
            }
            guard let bytes = Data(base64Encoded: String(words[1])) else { throw Fault(description: "the key \(id) is not base64") }
            guard bytes.count == 32 else { throw Fault(description: "the key \(id) has \(bytes.count) bytes; wanted are 32") }
            guard !keys.contains(where: { $0.id == id }) else { throw Fault(description: "there are two keys \(id)") }
            keys.append(Key(id: id, key: SymmetricKey(data: bytes)))
        }
        self.keys = keys
    }

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
        guard let key = keys.first(where: { $0.id == sealed.keyID }) else { throw .unknownKey(sealed.keyID) }
        do {
            return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed.bytes), using: key.key, authenticating: place.authenticated))
        } catch {
            throw .damaged
        }
    }

    private static func isID(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}
