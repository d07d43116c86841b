/// Names that say that what stands under them is secret or about a person.
enum SecretName {
    /// Words that are telling by themselves, and so are not looked for inside of others: `monkey` is none.
    private static let words: Set<String> = ["key", "keys", "auth", "cookie", "cookies", "pin", "otp", "pwd", "mail", "signature", "jwt"]
    private static let parts = [
        "secret", "token", "password", "passwd", "passphrase", "authorization", "credential", "wallet", "email", "requester", "apikey", "accesskey",
        "privatekey", "mnemonic",
    ]

    /// `api_key`, `apiKey`, `X-Api-Key`, `access_token`, `requesterName`.
    static func isTelling(_ name: String) -> Bool {
        parted(name).contains { word in words.contains(word) || parts.contains { word.contains($0) } }
    }

    /// `max_tokens`: a number of them is none of them.
    static func isCount(_ name: String) -> Bool { parted(name).last == "tokens" }

    /// The words of a name in lower case, in whatever way it joins them.
    static func parted(_ name: String) -> [String] {
        let characters = Array(name)
        var words: [String] = []
        var word = ""
        for (index, character) in characters.enumerated() {
            let isWord = character.isLetter || character.isNumber
            // A capital begins a word behind a small letter, and before one: `apiKey`, `APIKey`.
            let isFirst =
                character.isUppercase && index > 0
                && (characters[index - 1].isLowercase || (index + 1 < characters.count && characters[index + 1].isLowercase))
            if !isWord || isFirst, !word.isEmpty {
                words.append(word.lowercased())
                word = ""
            }
            if isWord { word.append(character) }
        }
        return word.isEmpty ? words : words + [word.lowercased()]
    }
}

extension Redaction {
    /// What the last word lets expect of the next one.
    private enum Expectation {
        case nothing
        /// A telling name: a secret if it is assigned to it.
        case assignment
        /// `Bearer`: a secret if it looks like one.
        case bearer
        /// The scheme of something that was assigned to a telling name: a secret in any case.
        case credential
    }

    /// A text without its secrets: those that are known from documents, what is assigned to a telling name
    /// (`password=…`, `"token": "…"`, `Authorization: Bearer …`), and whatever is shaped like one.
    package mutating func text(_ text: String) -> String {
        var rest = Substring(withoutKnown(text))
        var output = ""
        var expectation = Expectation.nothing
        while !rest.isEmpty {
            let gap = rest.prefix { SecretShape.isGap($0) }
            rest = rest[gap.endIndex...]
            let word = String(rest.prefix { !SecretShape.isGap($0) })
            rest = rest.dropFirst(word.count)
            output += gap
            guard !word.isEmpty else { break }
            output += read(word, behind: String(gap), &expectation)
        }
        return output
    }

    private mutating func read(_ word: String, behind gap: String, _ expectation: inout Expectation) -> String {
        let isScheme = ["bearer", "basic"].contains(word.lowercased())
        switch expectation {
        case .assignment where SecretShape.assigns(gap) && isScheme:
            expectation = .credential
            return word
        case .assignment where SecretShape.assigns(gap):
            expectation = .nothing
            return replacement(told: word)
        case .credential where SecretShape.isSpace(gap):
            expectation = .nothing
            return replacement(told: word)
        case .bearer where SecretShape.isSpace(gap) && word.count >= 8 && (word.count >= 16 || word.contains { $0.isNumber }):
            expectation = .nothing
            return replacement(told: word)
        case .nothing, .assignment, .bearer, .credential:
            expectation = word.lowercased() == "bearer" ? .bearer : SecretName.isTelling(word) ? .assignment : .nothing
            return scrubbed(word)
        }
    }

    /// A word in which whatever is shaped like a secret is replaced.
    private mutating func scrubbed(_ word: String) -> String {
        guard word.utf8.count >= 5, !Placeholder.isOne(word) else { return word }
        if SecretShape.isEncoded(word) { return placeholder(.token, for: word) }
        var segments: [String] = []
        for segment in word.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "/" }) {
            segments.append(scrubbed(segment: String(segment)))
        }
        return segments.joined(separator: "/")
    }

    private mutating func scrubbed(segment: String) -> String {
        guard !Placeholder.isOne(segment) else { return segment }
        if let (address, rest) = SecretShape.address(segment) {
            return Placeholder.isOne(address) ? segment : placeholder(.person, for: address) + rest
        }
        if let (prefix, digits, rest) = SecretShape.hexadecimal(segment) {
            return Placeholder.isOne(digits) ? segment : prefix + hexadecimal(for: digits) + rest
        }
        if let shortened = SecretShape.shortenedWallet(segment) { return shortened }
        var rest = Substring(segment)
        var output = ""
        while !rest.isEmpty {
            let other = rest.prefix { !SecretShape.isRun($0) }
            rest = rest[other.endIndex...]
            let run = String(rest.prefix { SecretShape.isRun($0) })
            rest = rest.dropFirst(run.count)
            output += other
            if Placeholder.isOne(run) || !SecretShape.isToken(run) {
                output += run
            } else {
                output += SecretShape.isDigest(run) ? hexadecimal(for: run) : placeholder(.token, for: run)
            }
        }
        return output
    }
}
