/// The written form of one issuer's keys: a fixed beginning, then enough characters of an alphabet.
struct KeyShape: Sendable {
    let prefix: StaticString
    /// What an operator reads.
    let name: String
    /// Characters after the prefix, at least.
    let minimum: Int
    let alphabet: Alphabet

    enum Alphabet: Sendable {
        case letterDigit
        case upperDigit
        /// Letters, digits, `-` and `_`.
        case word
        /// ``word`` and `.`
        case dotted

        func contains(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "a")...UInt8(ascii: "z"): self != .upperDigit
            case UInt8(ascii: "-"), UInt8(ascii: "_"): self == .word || self == .dotted
            case UInt8(ascii: "."): self == .dotted
            default: false
            }
        }
    }

    /// The beginnings that issuers publish, so that scanners like this one can find a key. Lengths are the shortest that
    /// the issuer uses, or 20 where it does not say.
    static let published: [KeyShape] = [
        KeyShape(prefix: "sk-", name: "an API key (sk-…)", minimum: 20, alphabet: .word),
        KeyShape(prefix: "sk_live_", name: "a Stripe key", minimum: 20, alphabet: .letterDigit),
        KeyShape(prefix: "sk_test_", name: "a Stripe key", minimum: 20, alphabet: .letterDigit),
        KeyShape(prefix: "rk_live_", name: "a Stripe key", minimum: 20, alphabet: .letterDigit),
        KeyShape(prefix: "whsec_", name: "a webhook secret", minimum: 24, alphabet: .letterDigit),
        KeyShape(prefix: "ghp_", name: "a GitHub token", minimum: 30, alphabet: .letterDigit),
        KeyShape(prefix: "gho_", name: "a GitHub token", minimum: 30, alphabet: .letterDigit),
        KeyShape(prefix: "ghu_", name: "a GitHub token", minimum: 30, alphabet: .letterDigit),
        KeyShape(prefix: "ghs_", name: "a GitHub token", minimum: 30, alphabet: .letterDigit),
        KeyShape(prefix: "ghr_", name: "a GitHub token", minimum: 30, alphabet: .letterDigit),
        KeyShape(prefix: "github_pat_", name: "a GitHub token", minimum: 22, alphabet: .word),
        KeyShape(prefix: "glpat-", name: "a GitLab token", minimum: 20, alphabet: .word),
        KeyShape(prefix: "AKIA", name: "an AWS access key", minimum: 16, alphabet: .upperDigit),
        KeyShape(prefix: "ASIA", name: "an AWS access key", minimum: 16, alphabet: .upperDigit),
        KeyShape(prefix: "AIza", name: "a Google API key", minimum: 35, alphabet: .word),
        KeyShape(prefix: "xoxb-", name: "a Slack token", minimum: 16, alphabet: .word),
        KeyShape(prefix: "xoxp-", name: "a Slack token", minimum: 16, alphabet: .word),
        KeyShape(prefix: "xoxa-", name: "a Slack token", minimum: 16, alphabet: .word),
        KeyShape(prefix: "xapp-", name: "a Slack token", minimum: 16, alphabet: .word),
        KeyShape(prefix: "xai-", name: "an xAI key", minimum: 40, alphabet: .letterDigit),
        KeyShape(prefix: "gsk_", name: "a Groq key", minimum: 40, alphabet: .letterDigit),
        KeyShape(prefix: "hf_", name: "a Hugging Face token", minimum: 30, alphabet: .letterDigit),
        KeyShape(prefix: "pplx-", name: "a Perplexity key", minimum: 40, alphabet: .letterDigit),
        KeyShape(prefix: "r8_", name: "a Replicate token", minimum: 37, alphabet: .letterDigit),
        KeyShape(prefix: "tvly-", name: "a Tavily key", minimum: 20, alphabet: .word),
        KeyShape(prefix: "dop_v1_", name: "a DigitalOcean token", minimum: 64, alphabet: .letterDigit),
        KeyShape(prefix: "pypi-", name: "a PyPI token", minimum: 50, alphabet: .word),
        KeyShape(prefix: "shpat_", name: "a Shopify token", minimum: 32, alphabet: .letterDigit),
        KeyShape(prefix: "shpss_", name: "a Shopify secret", minimum: 32, alphabet: .letterDigit),
        KeyShape(prefix: "npm_", name: "an npm token", minimum: 36, alphabet: .letterDigit),
        KeyShape(prefix: "SG.", name: "a SendGrid key", minimum: 40, alphabet: .dotted),
        KeyShape(prefix: "eyJ", name: "a JSON web token", minimum: 60, alphabet: .dotted),
        KeyShape(prefix: "mst_", name: "a Mainstay token", minimum: 20, alphabet: .letterDigit),
        KeyShape(prefix: "msi_", name: "a Mainstay invitation", minimum: 20, alphabet: .letterDigit),
        KeyShape(prefix: "AGE-SECRET-KEY-1", name: "an age key", minimum: 50, alphabet: .upperDigit),
    ]

    /// ``published`` by the first byte of the prefix: most words begin none of them.
    static let publishedByFirstByte: [[KeyShape]] = {
        var shapes = [[KeyShape]](repeating: [], count: 256)
        for shape in published { shapes[Int(shape.prefix.utf8Start.pointee)].append(shape) }
        return shapes
    }()
}
