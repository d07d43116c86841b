import Workspaces

extension Settings {
    /// Whose tokens are believed beside our own; nil without an issuer.
    func oidc() throws -> OIDCConfiguration? {
        guard let issuer = text("oidc.issuer") else { return nil }
        return try named {
            try OIDCConfiguration(
                issuer: issuer, audience: try required("oidc.audience", for: "serve"), workspaceClaim: text("oidc.workspace.claim") ?? "workspace",
                linksByEmail: try flag("oidc.link.by.email"), onlyWorkspace: try flag("multi.user") ? nil : Workspace.defaultSlug)
        }
    }

    /// As whom people are signed in at the issuer; nil without a client's id.
    func oidcRelyingParty() throws -> OIDCRelyingParty? {
        guard let id = text("oidc.client.id") else { return nil }
        _ = try required("oidc.issuer", for: "serve")
        let site = try required("http.public.url", for: "serve")
        return try named { try OIDCRelyingParty(id: id, secret: text("oidc.client.secret"), site: site) }
    }

    /// Tells faults by the variables that people set.
    private func named<Value>(_ make: () throws -> Value) throws -> Value {
        do {
            return try make()
        } catch let found as OIDCConfiguration.Faults {
            throw Faults(
                faults: found.faults.map { fault in
                    "\(SettingsReference.description(of: fault.setting.rawValue)?.variable ?? fault.setting.rawValue) \(fault.detail)."
                })
        }
    }
}
