/// A workspace's name in URLs: `acme` in `acme/helper`.
///
/// 1 to 39 lower-case letters, digits and single hyphens inside, as one label of a host name. Some words are kept for the
/// program, so that a path or a host name of its own is never somebody's.
///
/// | text | |
/// |---|---|
/// | `acme`, `a1`, `acme-labs` | a slug |
/// | `Acme`, `acme_labs`, `-acme`, `acme-`, `ac--me`, 40 characters | not one |
/// | `api`, `admin`, `www` | kept |
package struct Slug: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// - Throws: `WorkspaceError` with code `invalidSlug`.
    package init(_ text: String) throws(WorkspaceError) {
        let bytes = Array(text.utf8)
        let hyphen = UInt8(ascii: "-")
        let isWord = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...39).contains(bytes.count), bytes.allSatisfy({ isWord($0) || $0 == hyphen }), bytes.first != hyphen, bytes.last != hyphen,
            !zip(bytes, bytes.dropFirst()).contains(where: { $0 == hyphen && $1 == hyphen })
        else {
            throw WorkspaceError(
                .invalidSlug, "a slug has 1 to 39 lower-case letters, digits and single hyphens inside: \"\(text.prefix(60))\" is none")
        }
        guard !Self.kept.contains(text) else { throw WorkspaceError(.invalidSlug, "the slug \"\(text)\" is kept for the program") }
        self.text = text
    }

    private static let kept: Set<String> = [
        "about", "admin", "agents", "api", "assets", "auth", "docs", "healthz", "help", "livez", "login", "logout", "mainstay", "me", "metrics",
        "new",
        "openapi", "operator", "public", "readyz", "settings", "static", "status", "support", "system", "v1", "workspaces", "www",
    ]
}
