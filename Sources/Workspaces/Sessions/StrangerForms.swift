package import Hummingbird
package import Web

/// Forms for people without a session: to sign in, or to report something. Another site must not send them in a visitor's name.
///
/// The browser keeps a word of no meaning in a cookie, and the form carries its code, which only we can make. A second form in
/// another tab shares the first one's word.
package struct StrangerForms: Sendable {
    private let cookie: PageCookie
    private let seal: SessionSeal

    /// - Parameters:
    ///   - cookie: its name, without a prefix.
    ///   - path: the pages that it is sent to begin with this; see ``PageCookie``.
    ///   - seal: of no other forms.
    package init(cookie: String, path: String, seal: SessionSeal) {
        self.cookie = PageCookie(cookie, path: path)
        self.seal = seal
    }

    /// What a new form is given.
    package struct Ticket: Sendable {
        /// What it carries.
        package let token: String
        /// The value of `Set-Cookie`.
        package let cookie: String
    }

    package func ticket(for request: Request) -> Ticket {
        let known = cookie.value(in: request) ?? ""
        let word = SessionSeal.isWord(known) ? known : SessionSeal.word()
        return Ticket(token: seal.wordToken(for: word), cookie: cookie.header(word, seconds: 3600, for: request))
    }

    /// Whether a form is one that this browser was given.
    package func isOurs(_ form: Query, in request: Request) -> Bool {
        guard let word = cookie.value(in: request) else { return false }
        return seal.isGood(wordToken: form["form"] ?? "", for: word)
    }
}
