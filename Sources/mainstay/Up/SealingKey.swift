import Foundation

/// The key that a private stack seals its workspaces' secrets with: made once, and kept in the stack's `env`. Whoever loses it loses them.
enum SealingKey {
    static let variable = "MAINSTAY_CREDENTIALS_KEYS"

    /// The stack's keys: those that it has, else ours, else a new one.
    ///
    /// - Parameters:
    ///   - earlier: What the stack's `env` holds from its last start. It goes first, for the stack's secrets lie under it: to rotate, add to
    ///     it there.
    ///   - own: What this process was given.
    static func chosen(earlier: [String: String], own: [String: String], make: () -> String = SealingKey.made) -> String {
        [earlier, own].compactMap { $0[variable] }.first { !$0.isEmpty } ?? make()
    }

    /// A new one, from the system's generator, in the form that the setting takes.
    static func made() -> String {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return "up-\(Int(Date().timeIntervalSince1970)):\(Data(bytes).base64EncodedString())"
    }
}
