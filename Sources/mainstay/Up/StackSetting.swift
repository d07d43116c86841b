import Foundation

/// A setting that a private stack has from its first start on, and keeps in its `env`.
struct StackSetting: Sendable {
    let variable: String
    /// Whether what `up` is given goes before what the stack has. Of keys it does not, for things lie under the stack's: to rotate one,
    /// add to it there.
    let followsCaller: Bool
    /// What a stack begins with that is given none.
    let make: @Sendable () -> String

    static let all = [sealingKeys, auditKey, coreVersion]

    /// What secrets of workspaces are sealed with. Whoever loses it loses them.
    static let sealingKeys = StackSetting(variable: "MAINSTAY_CREDENTIALS_KEYS", followsCaller: false) {
        "\(Self.keyID()):\(Data(Self.secret()).base64EncodedString())"
    }

    /// What checkpoints of the access log are signed with.
    static let auditKey = StackSetting(variable: "MAINSTAY_AUDIT_KEY", followsCaller: false) {
        "\(Self.keyID()):\(Self.secret().map { String(format: "%02x", $0) }.joined())"
    }

    /// The core by which plugins are judged: that of the samples. Without one no plugin is called incompatible.
    static let coreVersion = StackSetting(variable: "MAINSTAY_CORE_VERSION", followsCaller: true) { "1.6.2" }

    /// - Parameters:
    ///   - earlier: What the stack's `env` holds from its last start.
    ///   - own: What this process was given.
    func chosen(earlier: [String: String], own: [String: String]) -> String {
        let places = followsCaller ? [own, earlier] : [earlier, own]
        return places.compactMap { $0[variable] }.first { !$0.isEmpty } ?? make()
    }

    private static func keyID() -> String { "up-\(Int(Date().timeIntervalSince1970))" }

    /// 32 bytes from the system's generator.
    private static func secret() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }
}
