import HTTPTypes
import Web

extension Problem {
    /// 501: nobody has given the installation a key yet, so that secrets are not kept at all rather than in the open.
    static let noSealingKey = Problem(
        .notImplemented, name: "no-sealing-key", title: "Secrets cannot be kept here yet",
        detail: "The installation has no key to seal secrets with. An operator sets `MAINSTAY_CREDENTIALS_KEYS`.")
}
