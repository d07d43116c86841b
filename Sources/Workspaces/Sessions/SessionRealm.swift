/// Whose pages a session opens: the cookie that holds it, where the browser sends it, and what its token has to be good for.
package struct SessionRealm: Sendable, Hashable {
    package let cookie: PageCookie
    /// What a token needs to be let in.
    package let scope: Scope

    /// - Parameters:
    ///   - cookie: its name, without a prefix.
    ///   - path: the pages that it is sent to begin with this; see ``PageCookie``.
    package init(cookie: String, path: String, scope: Scope) {
        self.cookie = PageCookie(cookie, path: path)
        self.scope = scope
    }
}
