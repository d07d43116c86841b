/// How long an issuer's keys are believed, by the answer that they came in. Pure.
///
/// | `Cache-Control` | `Age` | time |
/// |---|---|---|
/// | none, or without `max-age` | any | 10 min |
/// | `max-age=3600` | none | 1 h |
/// | `max-age=3600` | `600` | 50 min |
/// | `max-age=5`, `no-store`, `no-cache` | any | 1 min |
/// | `max-age=604800` | none | 24 h |
///
/// A minute at the least, so that an issuer's caution does not make each request of ours one of its; a day at the most, so that a
/// key which it withdraws is believed no longer.
enum OIDCFreshness {
    static let shortest = Duration.seconds(60)
    static let longest = Duration.seconds(86_400)
    static let standard = Duration.seconds(600)

    static func lifetime(cacheControl: String?, age: String?) -> Duration {
        let directives = (cacheControl ?? "").lowercased().split(separator: ",").map { $0.filter { !$0.isWhitespace && $0 != "\"" } }
        if directives.contains("no-store") || directives.contains("no-cache") { return shortest }
        guard let directive = directives.first(where: { $0.hasPrefix("max-age=") }), let allowed = seconds(directive.dropFirst(8)) else {
            return standard
        }
        let passed = age.flatMap { seconds($0[...]) } ?? 0
        return min(max(.seconds(allowed - min(passed, allowed)), shortest), longest)
    }

    /// Nil for what is no number; a large one stands for a year.
    private static func seconds(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return min(Int(text) ?? .max, 31_536_000)
    }
}
