/// What a text by itself, or under a promising name, looks like. Pure. Keys that have parts are in `KeyText+Credentials`.
///
/// The time is linear in the text, whatever it holds: from each place where a word begins at most ``reach`` bytes are
/// looked at. These texts come from anyone.
enum KeyText {
    /// Enough of a key to know it by.
    static let reach = 128

    /// The first key-shaped thing in a text of any length.
    static func kind(ofTextLike text: String) -> String? {
        guard text.utf8.count >= 12 else { return nil }
        let bytes = Array(text.utf8)
        if isPrivateKeyBlock(text) { return "a private key" }
        var index = 0
        while index < bytes.count {
            if isWordByte(bytes[index]) {
                let word = index..<end(ofWordAt: index, in: bytes)
                if let kind = published(bytes, at: index) ?? parted(bytes, to: word) ?? assignment(bytes, to: word) { return kind }
                if SolanaKey.isOne(bytes[word]) { return "a Solana private key" }
                index = word.upperBound
            } else {
                if bytes[index] == UInt8(ascii: ":"), let kind = urlPassword(bytes, at: index) { return kind }
                index += 1
            }
        }
        return nil
    }

    /// What a whole value looks like when its name promises a secret.
    static func kind(of value: String, under name: KeyName) -> String? {
        let bytes = trimmed(Array(value.utf8)[...])
        // Of a cookie each pair may be one by itself.
        guard name.promise == .cookie || !isPlaceholder(bytes) else { return nil }
        let words = bytes.split(whereSeparator: isSpace)
        switch name.promise {
        case .phrase:
            let areWords = words.allSatisfy { word in word.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } }
            if words.count >= 12, areWords { return "a seed phrase" }
            return words.count == 1 && isOpaque(bytes) ? "a key" : nil
        case .password:
            return words.count == 1 && bytes.count >= 6 ? "a password" : nil
        case .key:
            return (words.count == 1 && isOpaque(bytes)) || isCredentials(words) ? "a key" : nil
        case .cookie:
            return isSession(bytes) ? "a session" : nil
        }
    }

    // MARK: Forms

    private static func isPrivateKeyBlock(_ text: String) -> Bool {
        text.split(separator: "-----BEGIN ").dropFirst(text.hasPrefix("-----BEGIN ") ? 0 : 1).contains { $0.prefix(40).contains("PRIVATE KEY") }
    }

    static func published(_ bytes: [UInt8], at index: Int) -> String? {
        for shape in KeyShape.publishedByFirstByte[Int(bytes[index])] {
            let length = shape.prefix.utf8CodeUnitCount
            guard index + length + shape.minimum <= bytes.count else { continue }
            guard shape.prefix.withUTF8Buffer({ bytes[index...].starts(with: $0) }) else { continue }
            let body = bytes[(index + length)...].prefix(reach).prefix { shape.alphabet.contains($0) }
            guard body.count >= shape.minimum, isMixed(body), !isPlaceholder(body) else { continue }
            // Three letters and a run of base64 are too little to be sure: the keys of this alphabet have parts.
            if shape.alphabet == .dotted, !body.contains(UInt8(ascii: ".")) { continue }
            return shape.name
        }
        return nil
    }

    /// `scheme://user:password@host`, known by its colon.
    private static func urlPassword(_ bytes: [UInt8], at index: Int) -> String? {
        guard index > 0, KeyShape.Alphabet.dotted.contains(bytes[index - 1]) || bytes[index - 1] == UInt8(ascii: "+") else { return nil }
        guard bytes[index...].starts(with: "://".utf8) else { return nil }
        let authority = bytes[(index + 3)...].prefix(reach).prefix {
            !isSpace($0) && ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0)
        }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")), let colon = authority[..<at].firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let password = authority[(colon + 1)..<at]
        return password.isEmpty || isPlaceholder(password) ? nil : "a URL with a password"
    }

    /// `API_KEY=value` and `"apiKey": "value"` within text, known by their name.
    private static func assignment(_ bytes: [UInt8], to name: Range<Int>) -> String? {
        guard (3...64).contains(name.count) else { return nil }
        var sign = name.upperBound
        while sign < bytes.count, isQuote(bytes[sign]) || bytes[sign] == UInt8(ascii: " ") {
            sign += 1
            if sign - name.upperBound > 3 { return nil }
        }
        guard sign < bytes.count, bytes[sign] == UInt8(ascii: "=") || bytes[sign] == UInt8(ascii: ":") else { return nil }
        let rest = bytes[(sign + 1)...].prefix(reach).drop { isQuote($0) || $0 == UInt8(ascii: " ") }
        let value = rest.prefix(while: isOpaqueByte)
        guard value.count >= 20, isOpaque(value), !isPlaceholder(value) else { return nil }
        guard KeyName(String(decoding: bytes[name], as: UTF8.self)) != nil else { return nil }
        return "a key in an assignment"
    }

    private static func end(ofWordAt index: Int, in bytes: [UInt8]) -> Int {
        var end = index
        while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
        return end
    }

    // MARK: Texture

    /// Long, without spaces, letters and digits mixed: nobody chose this to be read.
    static func isOpaque(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= 16 && bytes.allSatisfy(isOpaqueByte) && isMixed(bytes) && !isAddress(bytes)
    }

    /// A public address of an EVM chain: 0x and 40 hexadecimal digits.
    private static func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count == 42 && bytes.starts(with: "0x".utf8) && bytes.dropFirst(2).allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    static func isMixed(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.contains(where: isDigit) && bytes.contains { isWordByte($0) && !isDigit($0) } && distinct(bytes) >= 6
    }

    /// What stands in examples instead of a secret.
    static func isPlaceholder(_ bytes: ArraySlice<UInt8>) -> Bool {
        if distinct(bytes) < 4 { return true }
        let text = String(decoding: bytes, as: UTF8.self).lowercased()
        if text.hasPrefix("<"), text.hasSuffix(">") { return true }
        let marks = ["${", "{{", "…", "...", "***", "xxxx", "process.env", "your_", "your-", "changeme", "change-me", "change_me", "placeholder"]
        return marks.contains { text.contains($0) }
    }

    /// How many different bytes there are.
    private static func distinct(_ bytes: ArraySlice<UInt8>) -> Int {
        var seen = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        for byte in bytes {
            let bit = UInt64(1) << UInt64(byte & 63)
            switch byte >> 6 {
            case 0: seen.0 |= bit
            case 1: seen.1 |= bit
            case 2: seen.2 |= bit
            default: seen.3 |= bit
            }
        }
        return seen.0.nonzeroBitCount + seen.1.nonzeroBitCount + seen.2.nonzeroBitCount + seen.3.nonzeroBitCount
    }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let head = bytes.drop(while: isSpace)
        return head[..<((head.lastIndex { !isSpace($0) } ?? head.startIndex - 1) + 1)]
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") }

    private static func isWordByte(_ byte: UInt8) -> Bool { KeyShape.Alphabet.letterDigit.contains(byte) || byte == UInt8(ascii: "_") }

    /// Base64, base64url, hexadecimal and what issuers join them with.
    static func isOpaqueByte(_ byte: UInt8) -> Bool {
        KeyShape.Alphabet.dotted.contains(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "=")
    }
}
