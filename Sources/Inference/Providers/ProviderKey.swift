/// A provider's API key: sent, compared, and never shown.
package struct ProviderKey: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    /// Nil for an empty text: an unset variable is no key.
    package init?(_ text: String) {
        let trimmed = text.filter { !$0.isWhitespace }
        guard !trimmed.isEmpty else { return nil }
        self.text = trimmed
    }

    /// Named so that every use can be found.
    var revealed: String { text }

    /// `message` without the key, for providers that repeat it in their errors.
    func redacting(_ message: String) -> String {
        message.split(separator: text, omittingEmptySubsequences: false).joined(separator: "***")
    }

    package var description: String { "***" }
    package var debugDescription: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
