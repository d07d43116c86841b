import Crypto
import Foundation

/// A text that has the form of a signed JWT (RFC 7515, compact): three parts in base64url between dots, of 16 KiB at the most.
/// Nothing of it has been read yet, and nothing believed.
///
/// Each text is one token and no other: spare bits at the end of a part have to be zero, so a token cannot be written in two ways.
struct OIDCToken: Sendable {
    /// A header of many servers holds no more, and nobody's claims need it.
    static let limit = 16 << 10

    let text: String
    /// SHA-256 of the text: what is remembered in its place.
    let hash: [UInt8]
    private let parts: [ArraySlice<UInt8>]

    /// Whether a bearer token is meant for an issuer's keys: it has two dots, and ours (``TokenSecret``) never has one.
    static func hasForm(_ text: String) -> Bool {
        text.utf8.count { $0 == UInt8(ascii: ".") } == 2
    }

    /// Nil for what has another form; a longer one is not even looked at.
    init?(_ text: String) {
        guard text.utf8.count <= Self.limit else { return nil }
        let bytes = Array(text.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy(Self.isBase64URL) else { return nil }
        self.text = text
        self.parts = parts
        hash = Array(SHA256.hash(data: bytes))
    }

    /// What the token says of its signature.
    func header() throws(OIDCRefusal) -> OIDCHeader { try OIDCHeader(Self.bytes(parts[0])) }

    /// What was signed, as bytes.
    var payload: [UInt8] { Self.bytes(parts[1]) }

    // MARK: Base64url

    private static func isBase64URL(_ part: ArraySlice<UInt8>) -> Bool {
        guard let last = part.last, let bits = digit(last), part.allSatisfy({ digit($0) != nil }) else { return false }
        switch part.count % 4 {
        case 0: return true
        case 2: return bits & 0b1111 == 0
        case 3: return bits & 0b11 == 0
        default: return false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    /// Of a part that was looked at.
    private static func bytes(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var base64 = part.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        base64.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - base64.count % 4) % 4))
        return Data(base64Encoded: Data(base64)).map { Array($0) } ?? []
    }
}

/// Reads what an issuer wrote.
enum OIDCDocument {
    /// Nil for what is no JSON object, and for one in which a member stands twice: two readers might take different ones.
    static func object(_ bytes: [UInt8]) -> JSONNode? {
        var parser = JSONParser(bytes)
        guard let document = try? parser.parse(), case .object = document, parser.duplicates.isEmpty else { return nil }
        return document
    }
}
