/// Which issuer's tokens are believed, for whom they have to be made out, and what is read from them.
///
/// | claim | says |
/// |---|---|
/// | `sub` | who it is at the issuer |
/// | `email`, with `email_verified` true | which user that is, at first sight and where linking by address is allowed |
/// | `workspace`, or another by ``workspaceClaim`` | the slug of the workspace; without it the header `X-Workspace` does |
/// | `scope` | no more than these of the scopes that the member's role has; without it all of those |
package struct OIDCConfiguration: Sendable {
    /// What is wrong with one setting.
    package struct Fault: Sendable, Hashable {
        /// A setting by its key.
        package enum Setting: String, Sendable, Hashable {
            case issuer = "oidc.issuer"
            case audience = "oidc.audience"
            case workspaceClaim = "oidc.workspace.claim"
            case algorithms = "oidc.algorithms"
            case skew = "oidc.clock.skew"
            case clientID = "oidc.client.id"
            case clientSecret = "oidc.client.secret"
            /// How the outside reaches this installation.
            case site = "http.public.url"
        }

        package let setting: Setting
        /// What was found and what is wanted, as a clause.
        package let detail: String
    }

    /// All that is wrong, at once.
    package struct Faults: Error, Sendable, Hashable, CustomStringConvertible {
        package let faults: [Fault]
        package var description: String { faults.map { "\($0.setting.rawValue) \($0.detail)" }.joined(separator: "\n") }
    }

    let issuer: OIDCAddress
    let discovery: OIDCAddress
    private(set) var audience: String
    let algorithms: Set<OIDCAlgorithm>
    let workspaceClaim: String
    /// Whether an identity that nobody knows becomes the user's who has its verified address.
    let linksByEmail: Bool
    /// The workspace of whom neither token nor header names one; nil where one has to be named.
    let onlyWorkspace: String?
    /// How far the clocks of issuer and server may be apart.
    let skew: Duration

    /// Claims that mean something already.
    private static let taken: Set<String> = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "email", "email_verified"]

    /// - Parameters:
    ///   - issuer: exactly as the issuer writes it in `iss`.
    ///   - audience: what this installation is called at the issuer; a token for anybody else is refused.
    ///   - algorithms: words of RFC 7518; `none` and the `HS…` ones are never allowed.
    ///   - onlyWorkspace: where there is one workspace only, its slug.
    ///   - skew: from 0 to 300 s. Clocks that are set by the network are within a second of each other; a minute forgives one that is not.
    package init(
        issuer: String, audience: String, algorithms: [String] = ["RS256", "ES256", "EdDSA"], workspaceClaim: String = "workspace",
        linksByEmail: Bool = false, onlyWorkspace: String? = nil, skew: Duration = .seconds(60)
    ) throws(Faults) {
        var faults: [Fault] = []
        func found(_ setting: Fault.Setting, _ detail: String) { faults.append(Fault(setting: setting, detail: detail)) }

        let address = OIDCAddress(issuer)
        let discovery = address?.discovery
        if discovery == nil {
            found(.issuer, "is \"\(issuer.prefix(100))\"; wanted is https://…, or http://… on loopback, without user, query and fragment")
        }
        if !(1...255).contains(audience.utf8.count) || !Self.isPlainText(audience) {
            found(.audience, "has \(audience.utf8.count) bytes; wanted are 1 to 255, without control characters")
        }
        if !(1...100).contains(workspaceClaim.utf8.count) || !Self.isPlainText(workspaceClaim) {
            found(.workspaceClaim, "has \(workspaceClaim.utf8.count) bytes; wanted are 1 to 100, without control characters")
        } else if Self.taken.contains(workspaceClaim) {
            found(.workspaceClaim, "is \"\(workspaceClaim)\", which means something already; wanted is a claim of its own, such as workspace")
        }
        let known = Set(algorithms.compactMap(OIDCAlgorithm.init(rawValue:)))
        for word in algorithms where OIDCAlgorithm(rawValue: word) == nil {
            found(.algorithms, Self.fault(of: word))
        }
        if algorithms.isEmpty { found(.algorithms, "are none; wanted is one at least") }
        if !(Duration.zero ... .seconds(300)).contains(skew) { found(.skew, "is \(skew); wanted is 0 to 300 seconds") }

        guard faults.isEmpty, let address, let discovery else { throw Faults(faults: faults) }
        self.issuer = address
        self.discovery = discovery
        self.audience = audience
        self.algorithms = known
        self.workspaceClaim = workspaceClaim
        self.linksByEmail = linksByEmail
        self.onlyWorkspace = onlyWorkspace
        self.skew = skew
    }

    /// The same for tokens that are made out for somebody else: ID tokens are for the client that people sign in by.
    func madeOut(for audience: String) -> OIDCConfiguration {
        var other = self
        other.audience = audience
        return other
    }

    private static func fault(of word: String) -> String {
        let list = OIDCAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        let lowered = word.lowercased()
        if lowered == "none" { return "name none, which is no signature: anybody could write such a token; wanted are some of \(list)" }
        if lowered.hasPrefix("hs") { return "name \(word.prefix(20)), whose key everybody has who may check; wanted are some of \(list)" }
        return "name \"\(word.prefix(20))\"; wanted are some of \(list)"
    }

    static func isPlainText(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
    }
}
