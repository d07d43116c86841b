import Foundation
import Jobs

/// A secret as a row holds it.
struct SealedSecret: Sendable, Equatable {
    /// The key that it is sealed under.
    var keyID: String
    /// Nonce, ciphertext and tag.
    var bytes: [UInt8]
}

/// What a secret belongs to: authenticated with it, so that it opens there and nowhere else.
struct SealedPlace: Sendable, Equatable {
    /// Its parts end in a NUL, which none of them holds.
    let authenticated: [UInt8]

    private init(_ workspace: UUID, _ kind: String, _ name: String) {
        authenticated = ["mainstay sealed 1", workspace.lowercased, kind, name].flatMap { Array($0.utf8) + [0] }
    }

    static func credential(of provider: String, _ workspace: UUID) -> SealedPlace { SealedPlace(workspace, "provider", provider) }
    static func tool(_ id: UUID, _ workspace: UUID) -> SealedPlace { SealedPlace(workspace, "tool", id.lowercased) }
}

/// Why a secret could not be sealed or opened. It names no secret.
package enum SealFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// The installation has no key.
    case noKey
    /// It was sealed under a key that is not among those of this process.
    case unknownKey(String)
    /// Its bytes were changed, or belong to another place.
    case damaged

    package var description: String {
        switch self {
        case .noKey: "there is no key to seal secrets with: an operator sets MAINSTAY_CREDENTIALS_KEYS"
        case .unknownKey(let id): "the secret is sealed under the key \(id), which is not in MAINSTAY_CREDENTIALS_KEYS"
        case .damaged: "the secret does not open: its bytes were changed, or are those of another row"
        }
    }
}
