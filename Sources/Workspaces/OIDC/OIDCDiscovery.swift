/// What an issuer says about itself at `/.well-known/openid-configuration`, as far as it is used.
struct OIDCDiscovery: Sendable, Equatable {
    /// Where its keys are.
    let keys: OIDCAddress
    /// Where people sign in; nil where it names none, or none that is safe. Its tokens are taken all the same.
    let authorization: OIDCAddress?
    /// Where a code is exchanged; likewise.
    let token: OIDCAddress?

    /// - Throws: ``OIDCFault`` for what is no such document, for one of another issuer, and for keys at an address that is not safe:
    ///   http is for loopback only, and only where the issuer itself is there.
    init(_ bytes: [UInt8], of issuer: OIDCAddress) throws(OIDCFault) {
        guard let document = OIDCDocument.object(bytes) else {
            throw OIDCFault(.answer, "what \(issuer) shows as its configuration is no JSON object")
        }
        // Its tokens would be refused one by one; this says why.
        guard document["issuer"]?.text == issuer.text else {
            throw OIDCFault(.answer, "\(issuer) calls itself \"\((document["issuer"]?.text ?? "").prefix(100))\": the two have to be the same")
        }
        guard let keys = Self.address(document["jwks_uri"], of: issuer) else {
            throw OIDCFault(.answer, "\(issuer) names no https address of its keys")
        }
        self.keys = keys
        authorization = Self.address(document["authorization_endpoint"], of: issuer)
        token = Self.address(document["token_endpoint"], of: issuer)
    }

    private static func address(_ node: JSONNode?, of issuer: OIDCAddress) -> OIDCAddress? {
        guard let text = node?.text, let address = OIDCAddress(text), !address.isPlain || issuer.isPlain else { return nil }
        return address
    }
}
