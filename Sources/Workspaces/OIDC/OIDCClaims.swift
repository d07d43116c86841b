/// What a token says, once its signature was found to be good and everything about it was looked at.
///
/// With a skew of s seconds, at the time t:
///
/// | claim | accepted |
/// |---|---|
/// | `iss` | the issuer, character by character |
/// | `sub` | 1 to 255 bytes |
/// | `aud` | the audience, or a list that it is in |
/// | `exp` | t < exp + s; it has to be there |
/// | `nbf` | t ≥ nbf − s, where it is there |
/// | `iat` | t ≥ iat − s, where it is there |
struct OIDCClaims: Sendable, Equatable {
    let subject: String
    /// Only one that the issuer has verified.
    let email: String?
    /// The slug of a workspace.
    let workspace: String?
    /// Nil where the claim is absent; empty where it names nothing.
    let scopes: Set<String>?
    /// Seconds since 1970, without the skew.
    let expires: Double

    static let subjectLimit = 255

    /// - Parameter now: seconds since 1970.
    init(_ bytes: [UInt8], for configuration: OIDCConfiguration, at now: Double) throws(OIDCRefusal) {
        guard let document = OIDCDocument.object(bytes) else { throw .malformed }
        guard document["iss"]?.text == configuration.issuer.text else { throw .issuer }
        guard Self.audiences(document["aud"]).contains(configuration.audience) else { throw .audience }
        guard let subject = document["sub"]?.text, (1...Self.subjectLimit).contains(subject.utf8.count) else { throw .claims }
        guard let expires = try Self.time(document["exp"]) else { throw .claims }
        self.subject = subject
        self.expires = expires
        email = Self.email(document)
        workspace = try Self.workspace(document[configuration.workspaceClaim])
        scopes = try Self.scopes(document["scope"])
        try checkExpiry(at: now, skew: configuration.skew)
        for name in ["nbf", "iat"] {
            if let start = try Self.time(document[name]), now < start - Self.seconds(configuration.skew) { throw .tooEarly }
        }
    }

    /// For a token that is remembered.
    func checkExpiry(at now: Double, skew: Duration) throws(OIDCRefusal) {
        guard now < expires + Self.seconds(skew) else { throw .expired }
    }

    // MARK: Claims

    /// None for what is neither a text nor a list of texts.
    private static func audiences(_ node: JSONNode?) -> [String] {
        switch node {
        case .string(let text)?: [text]
        case .array(let elements)?: elements.compactMap(\.text)
        default: []
        }
    }

    private static func time(_ node: JSONNode?) throws(OIDCRefusal) -> Double? {
        switch node {
        case nil: return nil
        case .number(let digits)?:
            guard let seconds = Double(digits), seconds.isFinite else { throw .claims }
            return seconds
        default: throw .claims
        }
    }

    /// Some issuers write the flag as a text. An address with other letters than ASCII's is not used: to the database some of
    /// those are the same as plain ones, once they are in lower case.
    private static func email(_ document: JSONNode) -> String? {
        guard document["email_verified"] == .bool(true) || document["email_verified"] == .string("true"), let email = document["email"]?.text,
            email.utf8.allSatisfy({ $0 < 0x80 }), MailAddress.isOne(email)
        else { return nil }
        return email
    }

    private static func workspace(_ node: JSONNode?) throws(OIDCRefusal) -> String? {
        switch node {
        case nil, .null?: return nil
        case .string(let text)?: return text
        // A claim that cannot be read must not come to the same as none: that would let the sender choose.
        default: throw .claims
        }
    }

    /// Words with spaces between them (RFC 8693, section 4.2); some issuers write a list of words.
    private static func scopes(_ node: JSONNode?) throws(OIDCRefusal) -> Set<String>? {
        switch node {
        case nil: return nil
        case .string(let text)?: return Set(text.split(separator: " ").map(String.init))
        case .array(let elements)?:
            let words = elements.compactMap(\.text)
            guard words.count == elements.count else { throw .claims }
            return Set(words)
        default: throw .claims
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
