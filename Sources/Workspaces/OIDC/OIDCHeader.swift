/// The header of a token (RFC 7515, section 4), as far as it is used. A key or an address of one that stands in it is not even
/// read: keys come from the issuer.
struct OIDCHeader: Sendable, Equatable {
    let algorithm: String
    /// Which of the issuer's keys it was signed with; nil where it does not say.
    let keyID: String?

    /// What a token may be called (RFC 8725, section 3.11): a token for another purpose, such as a logout, is none for us.
    private static let types: Set<String> = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]
    static let keyIDLimit = 256

    init(algorithm: String, keyID: String?) {
        self.algorithm = algorithm
        self.keyID = keyID
    }

    init(_ bytes: [UInt8]) throws(OIDCRefusal) {
        guard let document = OIDCDocument.object(bytes), let algorithm = document["alg"]?.text else { throw .malformed }
        // Whoever lists an extension there wants it refused by those who do not know it, and we know none.
        guard document["crit"] == nil else { throw .otherKind }
        if let type = document["typ"] {
            guard let word = type.text, Self.types.contains(word.lowercased()) else { throw .otherKind }
        }
        var keyID: String?
        if let id = document["kid"] {
            guard let text = id.text, text.utf8.count <= Self.keyIDLimit else { throw .malformed }
            keyID = text
        }
        self.init(algorithm: algorithm, keyID: keyID)
    }
}
