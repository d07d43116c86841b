import Workspaces

extension Settings {
    /// Whose tokens are believed beside our own; nil without an issuer.
    func oidc() throws -> OIDCConfiguration? {
        guard let issuer = text("oidc.issuer") else { return nil }
        do {
            return try OIDCConfiguration(
                issuer: issuer, audience: try required("oidc.audience", for: "serve"), workspaceClaim: text("oidc.workspace.claim") ?? "workspace",
                linksByEmail: try flag("oidc.link.by.email"), onlyWorkspace: try flag("multi.user") ? nil : Workspace.defaultSlug)
        } catch let found as OIDCConfiguration.Faults {
            throw Faults(
                faults: found.faults.map { fault in
                    "\(SettingsReference.description(of: fault.setting.rawValue)?.variable ?? fault.setting.rawValue) \(fault.detail)."
                })
        }
    }
}
