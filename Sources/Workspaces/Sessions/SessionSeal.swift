import Crypto
package import Foundation
import Web

/// Signs what a browser keeps for us, so that nobody else can make it: HMAC-SHA-256 under a key of this installation. Each use
/// has a word of its own in front, so that what was signed for one is nothing for another.
package struct SessionSeal: Sendable {
    /// What is signed, or made of a word.
    enum Use: String {
        case session, form, login
        /// A sign-in at the issuer, while it is there, and once it has come back to a choice.
        case attempt, choice
        /// What goes to the issuer with an attempt, or later.
        case state, nonce, verifier
    }

    private let key: SymmetricKey

    /// - Parameters:
    ///   - secret: the same at every ingress behind one address; nil for a key that ends with this process, and with it all sessions.
    ///   - purpose: one key for each, so that a session for one sort of pages is none for another.
    package init(secret: String?, purpose: StaticString) {
        if let secret {
            key = SymmetricKey(data: SHA256.hash(data: Array("mainstay \(purpose) \(secret)".utf8)))
        } else {
            key = SymmetricKey(size: .bits256)
        }
    }

    // MARK: Sessions

    /// The value of a cookie.
    package func cookie(of session: TokenSession) -> String { cookie(of: session.bytes, as: .session) }

    /// The session that a cookie holds; nil when it is none of ours, or over.
    package func session(in cookie: String, at now: Date) -> TokenSession? {
        guard let content = content(of: cookie, as: .session), let session = TokenSession(bytes: content) else { return nil }
        return session.isOver(at: now) ? nil : session
    }

    // MARK: What else a browser keeps

    /// The value of a cookie with this content, of some 700 bytes at the most.
    func cookie(of content: [UInt8], as use: Use) -> String { Base64URL.encode(content + code(use, content)) }

    /// What such a cookie holds; nil when it is none of ours for this use.
    func content(of cookie: String, as use: Use) -> [UInt8]? {
        guard let bytes = Base64URL.decode(cookie), bytes.count > Self.length else { return nil }
        let content = Array(bytes.dropLast(Self.length))
        return isGood(Array(bytes.suffix(Self.length)), use, content) ? content : nil
    }

    /// 43 characters that are always the same for a word, and that nobody without the key makes of it.
    func derived(_ use: Use, from word: String) -> String { Base64URL.encode(code(use, Array(word.utf8))) }

    /// Whether a text is what is made of a word.
    func isDerived(_ text: String, _ use: Use, from word: String) -> Bool {
        guard let bytes = Base64URL.decode(text) else { return false }
        return isGood(bytes, use, Array(word.utf8))
    }

    // MARK: Forms

    /// What every form of a session carries, and no page of anybody else knows. The same for as long as the session lasts.
    package func formToken(of session: TokenSession) -> String {
        Base64URL.encode(code(.form, Self.constant(session)))
    }

    package func isGood(formToken token: String, of session: TokenSession) -> Bool {
        guard let bytes = Base64URL.decode(token) else { return false }
        return isGood(bytes, .form, Self.constant(session))
    }

    /// What the form of somebody without a session carries, whose browser keeps a word of no meaning in a cookie.
    package func wordToken(for word: String) -> String {
        Base64URL.encode(code(.login, Array(word.utf8)))
    }

    package func isGood(wordToken token: String, for word: String) -> Bool {
        guard let bytes = Base64URL.decode(token) else { return false }
        return isGood(bytes, .login, Array(word.utf8))
    }

    /// A word of no meaning that nobody guesses.
    package static func word() -> String {
        Base64URL.encode((0..<wordLength).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// Whether a text has the form of such a word.
    package static func isWord(_ text: String) -> Bool { Base64URL.decode(text)?.count == wordLength }

    // MARK: Codes

    /// Bytes of a code, and of a word.
    private static let length = 32
    private static let wordLength = 16

    /// Of a session what stays when it is renewed.
    private static func constant(_ session: TokenSession) -> [UInt8] { Array(session.bytes.dropLast(8)) }

    private func code(_ use: Use, _ content: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Self.framed(use, content), using: key))
    }

    /// Compares in constant time.
    private func isGood(_ code: [UInt8], _ use: Use, _ content: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.framed(use, content), using: key)
    }

    private static func framed(_ use: Use, _ content: [UInt8]) -> [UInt8] {
        Array(use.rawValue.utf8) + [0] + content
    }
}
