/// A name that promises a secret: `apiKey`, `TWITTER_PASSWORD`, `wallet-mnemonic`.
///
/// Names are compared word by word, so that `tokenizer`, `monkey` and `publicKey` promise nothing.
struct KeyName: Equatable {
    enum Promise: Equatable {
        /// Something opaque: long, without spaces, perhaps behind `Bearer` or the like.
        case key
        /// Pairs of which some are opaque: `session=…; theme=dark`.
        case cookie
        /// Anything that a person could have chosen.
        case password
        /// Twelve words or more.
        case phrase
    }

    let promise: Promise

    private static let single: Set<String> = [
        "secret", "secrets", "token", "tokens", "credential", "credentials", "apikey", "bearer", "jwt",
    ]
    private static let chosen: Set<String> = ["password", "passwd", "pwd", "passphrase"]
    private static let phrases: Set<String> = ["mnemonic", "seedphrase"]
    private static let keyOwners: Set<String> = [
        "api", "access", "private", "secret", "signing", "encryption", "auth", "wallet", "session", "service", "role", "deploy", "master",
    ]
    /// In this field a token is more often a coin than a credential: these words beside it say which.
    private static let coinWords: Set<String> = [
        "address", "mint", "contract", "symbol", "ticker", "supply", "decimals", "chain", "max", "limit", "count", "budget", "usage", "name",
        "standard",
    ]

    init?(_ name: String) {
        let words = Self.words(name)
        let set = Set(words)
        if set.contains("public") { return nil }
        if !set.isDisjoint(with: Self.phrases) || set.isSuperset(of: ["seed", "phrase"]) || set.isSuperset(of: ["recovery", "phrase"]) {
            promise = .phrase
        } else if !set.isDisjoint(with: Self.chosen) {
            promise = .password
        } else if words.last == "authorization" {
            // The header, and `Proxy-Authorization`; an `authorizationUrl` is public.
            promise = .key
        } else if !set.isDisjoint(with: Self.single) {
            let onlyToken = set.isDisjoint(with: Self.single.subtracting(["token", "tokens"]))
            if onlyToken, !set.isDisjoint(with: Self.coinWords) { return nil }
            promise = .key
        } else if set.contains("cookie") {
            promise = .cookie
        } else if set.contains("key") || set.contains("keys"), words.count == 1 || !set.isDisjoint(with: Self.keyOwners) {
            promise = .key
        } else {
            return nil
        }
    }

    /// Whether a member of this name is public even inside `tokens` or `credentials`: an address, a symbol, a limit.
    static func isPublicWord(_ name: String) -> Bool {
        !coinWords.isDisjoint(with: words(name))
    }

    /// The words of a name in any case style, in lower case.
    static func words(_ name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var previousIsLower = false
        let scalars = Array(name.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            guard scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) else {
                if !word.isEmpty { words.append(word) }
                word = ""
                previousIsLower = false
                continue
            }
            let isUpper = scalar.properties.isUppercase
            // Both `apiKey` and `APIKey` break before the K.
            let nextIsLower = index + 1 < scalars.count && scalars[index + 1].properties.isLowercase
            if isUpper, !word.isEmpty, previousIsLower || nextIsLower {
                words.append(word)
                word = ""
            }
            word += scalar.properties.lowercaseMapping
            previousIsLower = scalar.properties.isLowercase || ("0"..."9").contains(scalar)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
