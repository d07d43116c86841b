import Foundation

/// Keys that have parts, each kind known by the first byte of a word: the credentials of an `Authorization` header, and bots' tokens.
extension KeyText {
    /// What begins with this word; nil for most words, by their first byte.
    static func parted(_ bytes: [UInt8], to word: Range<Int>) -> String? {
        switch bytes[word.lowerBound] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): telegramToken(bytes, at: word.lowerBound)
        case UInt8(ascii: "M")...UInt8(ascii: "O"): discordToken(bytes, to: word)
        case UInt8(ascii: "B"), UInt8(ascii: "b"): credentials(bytes, to: word)
        default: nil
        }
    }

    // MARK: Bots

    /// Telegram's `DIGITS:35 characters`.
    private static func telegramToken(_ bytes: [UInt8], at index: Int) -> String? {
        let number = bytes[index...].prefix(11).prefix(while: isDigit)
        guard (8...10).contains(number.count), number.endIndex < bytes.count, bytes[number.endIndex] == UInt8(ascii: ":") else { return nil }
        let body = bytes[(number.endIndex + 1)...].prefix(36).prefix { KeyShape.Alphabet.word.contains($0) }
        return body.count == 35 && isMixed(body) ? "a Telegram bot token" : nil
    }

    /// Discord's `ID.TIME.SIGNATURE`. The id is a decimal number in base64, which begins with M, N or O.
    private static func discordToken(_ bytes: [UInt8], to id: Range<Int>) -> String? {
        guard (23...28).contains(id.count), id.upperBound < bytes.count, bytes[id.upperBound] == UInt8(ascii: ".") else { return nil }
        let rest = bytes[(id.upperBound + 1)...].prefix(reach)
        let time = rest.prefix { KeyShape.Alphabet.word.contains($0) }
        guard time.count == 6, time.endIndex < rest.endIndex, rest[time.endIndex] == UInt8(ascii: ".") else { return nil }
        let signature = rest[(time.endIndex + 1)...].prefix { KeyShape.Alphabet.word.contains($0) }
        return signature.count >= 27 && isMixed(signature) && !isPlaceholder(signature) ? "a Discord bot token" : nil
    }

    // MARK: Headers

    /// `Bearer …` and `Basic …`, in a header or in the midst of text.
    private static func credentials(_ bytes: [UInt8], to scheme: Range<Int>) -> String? {
        guard scheme.count == 6 || scheme.count == 5, scheme.upperBound < bytes.count, isSpace(bytes[scheme.upperBound]) else { return nil }
        let name = String(decoding: bytes[scheme], as: UTF8.self).lowercased()
        guard name == "bearer" || name == "basic" else { return nil }
        let behind = bytes[scheme.upperBound...].prefix(4).prefix { isSpace($0) || isQuote($0) }
        // What stands beside the value belongs to it: `prefix-${TOKEN}`.
        let run = bytes[behind.endIndex...].prefix(reach).prefix { !isSpace($0) && !isQuote($0) }
        guard !isPlaceholder(run) else { return nil }
        let value = run.prefix(while: isOpaqueByte)
        if name == "basic" { return userAndPassword(value).map { !isPlaceholder($0) } == true ? "basic credentials" : nil }
        guard value.count >= 20, isOpaque(value), !isJoinedWords(value) else { return nil }
        // The issuer's name says more, where the token has one.
        return published(bytes, at: value.startIndex) ?? "a bearer token"
    }

    /// A whole value `SCHEME OPAQUE` where its name has promised a key already.
    static func isCredentials(_ words: [ArraySlice<UInt8>]) -> Bool {
        guard words.count == 2, words[0].count <= 8, isOpaque(words[1]), !isJoinedWords(words[1]) else { return false }
        let scheme = String(decoding: words[0], as: UTF8.self).lowercased()
        if scheme == "basic", let text = userAndPassword(words[1]) { return !isPlaceholder(text) }
        return ["bearer", "basic", "token", "bot", "apikey", "digest"].contains(scheme)
    }

    /// A value of a `Cookie` header: it is opaque, or the value of one of its pairs is.
    static func isSession(_ value: ArraySlice<UInt8>) -> Bool {
        if isOpaque(value), !isPlaceholder(value) { return true }
        return value.split(separator: UInt8(ascii: ";")).contains { pair in
            let content = trimmed(pair.firstIndex(of: UInt8(ascii: "=")).map { pair[($0 + 1)...] } ?? pair)
            return isOpaque(content) && !isPlaceholder(content)
        }
    }

    /// The `user:password` that base64 writes. In "Basic understanding" it writes none: what comes out is no text.
    private static func userAndPassword(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard value.count >= 12 else { return nil }
        // Whole groups need no padding; what hangs over is the end of the password.
        let digits = value.prefix { $0 != UInt8(ascii: "=") }
        guard let data = Data(base64Encoded: Data(digits.prefix(digits.count / 4 * 4))) else { return nil }
        let isText = data.contains(UInt8(ascii: ":")) && data.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        return isText && String(data: data, encoding: .utf8) != nil ? Array(data)[...] : nil
    }

    /// Words that hyphens and the like join, perhaps with a number behind each: `token-based-authentication-v2`. Somebody wrote them to be read.
    private static func isJoinedWords(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split { !KeyShape.Alphabet.letterDigit.contains($0) }
        return parts.count > 1 && parts.allSatisfy { part in part.drop { !isDigit($0) }.allSatisfy(isDigit) }
    }
}
