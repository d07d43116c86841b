/// A place in a document where something stands that looks like a key. It never holds the key.
package struct KeyFinding: Sendable, Hashable, CustomStringConvertible {
    package let pointer: JSONPointer
    /// What it looks like: "a GitHub token".
    package let kind: String

    package var description: String { "\(pointer): looks like \(kind)" }
}

/// Finds what looks like a key, token, password or seed phrase anywhere in a document: in values, in the midst of
/// text, and in the names of members.
///
/// These kinds of evidence count, each enough by itself:
/// - a form that an issuer publishes (``KeyShape``), a bot's token of Telegram or Discord, a private key block, a URL with a password;
/// - `Bearer` and 20 opaque characters or more, `Basic` and a user with a password in base64, in a header or in the midst of text;
/// - an opaque value under a name like `apiKey`, `TWITTER_PASSWORD`, `Authorization`, `Cookie` or `wallet.mnemonic`, beside such a name in
///   `{"name": …, "value": …}`, or after it in text (`API_KEY=…`);
/// - a list of 64 bytes, which is how Solana tools write a private key, or the same in base58 (``SolanaKey``).
///
/// Long hexadecimal or base58 text alone is none: contract addresses and transactions look the same and are public.
/// Placeholders (`<your key>`, `${KEY}`, `{{key}}`, `xxxx`) are passed over.
package struct KeyScanner {
    /// A file with more findings than this is not read on: it must be cleaned anyway.
    package static let maximumFindings = 100

    private var findings: [KeyFinding] = []

    /// All findings, in the order of the document, one for a place.
    package static func findings(in document: JSONNode) -> [KeyFinding] {
        var scanner = KeyScanner()
        scanner.scan(document, at: JSONPointer(), under: nil)
        return scanner.findings
    }

    /// The pointer with every name blotted out that is itself key-shaped.
    package static func redacted(_ pointer: JSONPointer) -> JSONPointer {
        JSONPointer(
            pointer.steps.map { step in
                guard case .name(let name) = step, KeyText.kind(ofTextLike: name) != nil else { return step }
                return .name("[redacted]")
            })
    }

    // MARK: Walk

    private mutating func scan(_ node: JSONNode, at pointer: JSONPointer, under name: KeyName?) {
        switch node {
        case .null, .bool: return
        case .number(let digits):
            // A password that somebody wrote without quotes.
            if name?.promise == .password, digits.utf8.count >= 6 { add(pointer, "a password") }
        case .string(let text):
            if let kind = KeyText.kind(ofTextLike: text) ?? name.flatMap({ KeyText.kind(of: text, under: $0) }) { add(pointer, kind) }
        case .array(let elements):
            if Self.isByteKey(elements) { return add(pointer, "a private key, byte by byte") }
            for (index, element) in elements.enumerated() {
                scan(element, at: pointer.element(index), under: name)
            }
        case .object(let members):
            // {"name": "OPENAI_API_KEY", "value": "…"}: the value belongs to the name beside it.
            let label = (node["name"] ?? node["key"])?.text.flatMap(KeyName.init)
            for member in members {
                let place = pointer.member(member.name)
                if let kind = KeyText.kind(ofTextLike: member.name) { add(place, kind) }
                let own = KeyName(member.name)
                let inherited = KeyName.isPublicWord(member.name) ? nil : name
                scan(member.value, at: place, under: own ?? (member.name.lowercased() == "value" ? label : nil) ?? inherited)
            }
        }
    }

    private mutating func add(_ pointer: JSONPointer, _ kind: String) {
        let place = Self.redacted(pointer)
        guard findings.count < Self.maximumFindings, findings.last?.pointer != place else { return }
        findings.append(KeyFinding(pointer: place, kind: kind))
    }

    private static func isByteKey(_ elements: [JSONNode]) -> Bool {
        guard elements.count == 64 else { return false }
        return elements.allSatisfy { element in
            guard case .number(let digits) = element, let value = Int(digits) else { return false }
            return (0...255).contains(value)
        }
    }
}
