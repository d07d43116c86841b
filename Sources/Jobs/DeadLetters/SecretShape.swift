/// What secrets look like. Pure questions about one word of a text; in doubt it is a secret, for a fixture with one
/// placeholder too many is still a fixture.
enum SecretShape {
    /// What parts the words of a text, of JSON, of a URL's query.
    static func isGap(_ character: Character) -> Bool {
        character.isWhitespace || gaps.contains(character)
    }

    private static let gaps: Set<Character> = [
        "\"", "'", "`", ",", ";", ":", "=", "<", ">", "(", ")", "{", "}", "[", "]", "|", "&", "?", "!", "*", "#", "^", "$", "\\",
    ]

    /// Between a name and what is assigned to it: `=`, `: `, `":"`, ` => `.
    static func assigns(_ gap: String) -> Bool {
        gap.contains { $0 == ":" || $0 == "=" } && gap.allSatisfy { ":= \"'`\\>".contains($0) }
    }

    static func isSpace(_ gap: String) -> Bool { !gap.isEmpty && gap.allSatisfy { $0 == " " } }

    /// An e-mail address, or the `password@host` of a URL, with what follows it: `ann@example.org` and `.`.
    static func address(_ word: String) -> (address: String, rest: String)? {
        guard let at = word.firstIndex(of: "@"), at > word.startIndex else { return nil }
        let host = word[word.index(after: at)...]
        guard let first = host.first, first.isLetter || first.isNumber, let last = host.lastIndex(where: { $0.isLetter || $0.isNumber }) else {
            return nil
        }
        return (String(word[...last]), String(word[word.index(after: last)...]))
    }

    /// `0x` with eight digits or more, and what follows them: a wallet, a key, a transaction.
    static func hexadecimal(_ word: String) -> (prefix: String, digits: String, rest: String)? {
        guard word.hasPrefix("0x") || word.hasPrefix("0X") else { return nil }
        let digits = word.dropFirst(2).prefix { isHexadecimal($0) }
        guard digits.count >= 8 else { return nil }
        return (String(word.prefix(2)), String(digits), String(word[digits.endIndex...]))
    }

    /// `0x12ab…34cd`, as people write wallets, with zeros for its digits; nil for anything else.
    static func shortenedWallet(_ word: String) -> String? {
        guard word.hasPrefix("0x") || word.hasPrefix("0X") else { return nil }
        let head = word.dropFirst(2).prefix { isHexadecimal($0) }
        let dots = word[head.endIndex...].prefix { $0 == "." || $0 == "…" }
        let tail = word[dots.endIndex...].prefix { isHexadecimal($0) }
        guard head.count >= 2, tail.count >= 2, dots == "…" || dots == "..." else { return nil }
        let zeros = { (digits: Substring) in String(repeating: "0", count: digits.count) }
        return "\(word.prefix(2))\(zeros(head))\(dots)\(zeros(tail))\(word[tail.endIndex...])"
    }

    /// A character of the runs that tokens are.
    static func isRun(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "-" || character == "_")
    }

    /// A run that nobody has made up as a name: with a prefix that services give their tokens, or long and mixed of letters
    /// and digits in a way that words joined by hyphens are not. An identifier (UUID) is no token: it opens nothing, and
    /// without it an error cannot be understood.
    static func isToken(_ run: String) -> Bool {
        guard run.contains(where: \.isLetter), run.contains(where: \.isNumber) else { return false }
        if hasTokenPrefix(run) { return true }
        guard run.count >= 20, UUIDText.parse(Array(run.utf8)) == nil else { return false }
        if run.contains(where: \.isUppercase), run.contains(where: \.isLowercase) { return true }
        return run.split(whereSeparator: { $0 == "-" || $0 == "_" }).contains { piece in
            piece.count >= 12 && piece.contains(where: \.isLetter) && piece.contains(where: \.isNumber)
        }
    }

    static func hasTokenPrefix(_ run: String) -> Bool {
        run.count >= 16 && run.contains(where: \.isNumber) && prefixes.contains { run.hasPrefix($0) }
    }

    private static let prefixes = [
        "mst_", "msi_", "sk-", "sk_", "pk_", "rk_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA", "AIza",
        "npm_", "hf_",
    ]

    /// A word that is a token as a whole, although it is parted: a JSON web token, or base64 with its slashes. A path has more
    /// of them, and shorter names between.
    static func isEncoded(_ word: String) -> Bool {
        if word.hasPrefix("eyJ"), word.contains("."), word.count >= 20 { return true }
        guard word.count >= 32, word.contains(where: { $0 == "/" || $0 == "+" }), word.allSatisfy({ isRun($0) || $0 == "/" || $0 == "+" }) else {
            return false
        }
        return word.contains(where: \.isUppercase) && word.contains(where: \.isLowercase) && word.contains(where: \.isNumber)
            && word.count(where: { $0 == "/" }) * 12 <= word.count
    }

    /// Hexadecimal digits alone, as many as a digest or a key has.
    static func isDigest(_ word: String) -> Bool {
        word.count >= 20 && word.allSatisfy { isHexadecimal($0) }
    }

    private static func isHexadecimal(_ character: Character) -> Bool { character.isASCII && character.isHexDigit }
}
