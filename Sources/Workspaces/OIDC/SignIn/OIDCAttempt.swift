import Foundation

/// A sign-in that is at the issuer: what its browser keeps of it, for ten minutes at the most.
///
/// `state`, `nonce` and PKCE's verifier are made of its word with the seal's key, each for itself. So the cookie binds all three to this
/// browser and holds none of them: whoever reads it, or a code on its way, has nothing to exchange the code with.
struct OIDCAttempt: Sendable, Equatable {
    /// Of no meaning, and guessed by nobody.
    let word: String
    /// Seconds since 1970.
    let ends: UInt64
    /// Where it leads.
    let next: String

    /// Time enough to find the second factor.
    static let lifetime: Duration = .seconds(600)
    /// Of an address to lead to: more does not fit into the cookie, and leads to the first page.
    static let addressLimit = 600
    private static let wordLength = 22

    /// Begins one. A second one in the same browser takes its place.
    init(next: String, now: Date) {
        word = SessionSeal.word()
        ends = UInt64(max(0, now.timeIntervalSince1970)) + UInt64(Self.lifetime.components.seconds)
        self.next = next.utf8.count <= Self.addressLimit ? next : ""
    }

    func isOver(at now: Date) -> Bool { UInt64(max(0, now.timeIntervalSince1970)) >= ends }

    // MARK: Bytes

    var bytes: [UInt8] {
        withUnsafeBytes(of: ends.bigEndian) { Array($0) } + Array(word.utf8) + Array(next.utf8)
    }

    init?(bytes: [UInt8]) {
        guard bytes.count >= 8 + Self.wordLength, let text = String(validating: bytes[8...], as: UTF8.self) else { return nil }
        word = String(text.prefix(Self.wordLength))
        next = String(text.dropFirst(Self.wordLength))
        ends = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        guard SessionSeal.isWord(word) else { return nil }
    }
}
