import Foundation

/// What a tool's calls are signed with, in the form of Standard Webhooks: `whsec_` and the bytes in base64. Its owner sees it once.
package struct ToolSecret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    static let mark = "whsec_"
    private static let length = 32

    /// Named so that every use can be found.
    let revealedBytes: [UInt8]

    /// The whole text, for the answer that made it.
    var revealed: String { Self.mark + Data(revealedBytes).base64EncodedString() }

    /// Draws one.
    init() {
        revealedBytes = (0..<Self.length).map { _ in UInt8.random(in: .min ... .max) }
    }

    /// Nil for fewer bytes than the specification allows, or more.
    init?(bytes: [UInt8]) {
        guard (24...64).contains(bytes.count) else { return nil }
        revealedBytes = bytes
    }

    /// Reads the text form.
    init?(_ text: String) {
        guard text.hasPrefix(Self.mark), let bytes = Data(base64Encoded: String(text.dropFirst(Self.mark.count))) else { return nil }
        self.init(bytes: Array(bytes))
    }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
