import Workspaces

extension Settings {
    /// What checkpoints of the access log are signed with, and checked; none without the setting.
    func auditKeys() throws -> AccessLogKeys {
        guard let list = text("audit.key") else { return .none }
        do {
            return try AccessLogKeys(list)
        } catch {
            throw Faults(faults: [
                "MAINSTAY_AUDIT_KEY: \(error); wanted is `id:secret`, older keys behind commas, a secret such as `openssl rand -hex 32` prints."
            ])
        }
    }
}
