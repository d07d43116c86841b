/// As whom people are signed in at the issuer: the client that this installation is registered as there.
package struct OIDCRelyingParty: Sendable {
    /// The path that the issuer sends people back to, below the installation's public address.
    package static let path = "/sign-in/oidc/callback"

    let id: String
    /// Nil for a public client, which shows no more than the verifier of each code.
    let secret: OIDCClientSecret?
    /// Where the issuer sends people back to, as it has to be registered there.
    let callback: OIDCAddress

    /// - Parameters:
    ///   - id: the client's, as the issuer has given it out.
    ///   - site: how the outside reaches this installation, such as `https://agents.example`.
    /// - Throws: all that is wrong, at once. No fault holds the secret.
    package init(id: String, secret: String?, site: String) throws(OIDCConfiguration.Faults) {
        var faults: [OIDCConfiguration.Fault] = []
        if !(1...255).contains(id.utf8.count) || !OIDCConfiguration.isPlainText(id) {
            faults.append(.init(setting: .clientID, detail: "has \(id.utf8.count) bytes; wanted are 1 to 255, without control characters"))
        }
        if let secret, !(1...1024).contains(secret.utf8.count) || !OIDCConfiguration.isPlainText(secret) {
            let detail = "has \(secret.utf8.count) bytes; wanted are 1 to 1024, without control characters"
            faults.append(.init(setting: .clientSecret, detail: detail))
        }
        let callback = Self.callback(at: site)
        if callback == nil {
            let detail = "is \"\(site.prefix(100))\"; to sign in at an issuer, wanted is https://…, or http://… on loopback, without query"
            faults.append(.init(setting: .site, detail: detail))
        }
        guard faults.isEmpty, let callback else { throw OIDCConfiguration.Faults(faults: faults) }
        self.id = id
        self.secret = secret.map { OIDCClientSecret($0) }
        self.callback = callback
    }

    private static func callback(at site: String) -> OIDCAddress? {
        guard !site.contains("?") else { return nil }
        var site = Substring(site)
        while site.last == "/" { site = site.dropLast() }
        return OIDCAddress(site + path)
    }
}
