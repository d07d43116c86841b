/// Stars out what looks like a secret in the words of a command line, for a profile is kept and shown to a whole team.
///
/// It knows the usual ways to write one; it is a net, not a promise. The documentation of `mainstay profile` says so.
///
/// | word | becomes |
/// |---|---|
/// | `--token abc`, `--api-key=abc`, `DB_PASSWORD=abc` | `--token ***`, `--api-key=***`, `DB_PASSWORD=***` |
/// | `Authorization: Bearer abc` | `Authorization: Bearer ***` |
/// | `https://user:abc@host/x` | `https://***@host/x` |
/// | `mst_…`, `ghp_…`, `sk-…` | `***` |
enum SecretRedaction {
    /// The same words with secrets replaced; as many as were given.
    static func redact(_ words: [String]) -> [String] {
        var hideNext = false
        return words.map { word in
            if hideNext, !isScheme(word) {
                hideNext = false
                // An option in this place means that the one before it was a flag without a value.
                if !word.hasPrefix("-") { return "***" }
            }
            if isScheme(word) {
                hideNext = true
                return word
            }
            if let equals = word.firstIndex(of: "="), isSecretName(word[..<equals]) { return word[...equals] + "***" }
            if word.hasPrefix("-") || word.hasSuffix(":"), isSecretName(word[...]) {
                hideNext = true
                return word
            }
            if prefixes.contains(where: { word.count > $0.count + 8 && word.hasPrefix($0) }) { return "***" }
            return withoutUserInfo(word)
        }
    }

    private static func isScheme(_ word: String) -> Bool {
        let plain = word.lowercased().filter(\.isLetter)
        return plain == "bearer" || plain == "basic" || plain == "authorization"
    }

    private static func isSecretName(_ name: Substring) -> Bool {
        let plain = name.lowercased().filter(\.isLetter)
        return endings.contains(where: plain.hasSuffix)
    }

    private static func withoutUserInfo(_ word: String) -> String {
        guard let scheme = word.firstRange(of: "://") else { return word }
        let authority = word[scheme.upperBound...].prefix(while: { $0 != "/" && $0 != "?" && $0 != "#" })
        guard let at = authority.lastIndex(of: "@") else { return word }
        return word[..<scheme.upperBound] + "***" + word[at...]
    }

    private static let endings = [
        "token", "password", "passwd", "passphrase", "secret", "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials",
    ]
    private static let prefixes = ["mst_", "msi_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-", "xoxb-", "xoxp-", "AKIA", "eyJ"]
}
