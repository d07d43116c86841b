import Crypto
import Jobs

/// SHA-256 over a document's canonical bytes: two files with the same digest say the same.
package struct CharacterDigest: Sendable, Hashable, CustomStringConvertible {
    /// 32 bytes.
    package let bytes: [UInt8]

    package init(_ document: JSONNode) {
        bytes = Array(SHA256.hash(data: document.canonicalBytes))
    }

    /// As it was stored.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// `sha256:` and 64 hexadecimal digits.
    package var description: String { "sha256:" + bytes.hexadecimal }
}
