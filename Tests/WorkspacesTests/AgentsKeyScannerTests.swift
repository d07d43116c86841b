import Crypto
import Foundation
import Testing

@testable import Workspaces

/// The fakes are put together here, so that no scanner stumbles over this file. One test at a time: some compute for seconds, and two of
/// them would have both threads of a small machine from tests that wait for a store by the clock.
@Suite("What looks like a key", .serialized)
struct AgentsKeyScannerTests {
    private static let mixed = "q7Rk2VbX9mTz4NcW8pLd6HsY3gFj5Ae1Uo0iKxMvBnQwEr"
    private static let hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    private func findings(_ text: String) throws -> [String] {
        var parser = JSONParser(Array(text.utf8))
        return KeyScanner.findings(in: try parser.parse()).map { "\($0.pointer) \($0.kind)" }
    }

    private static let shaped: [(String, String)] = [
        ("sk-" + mixed, "an API key (sk-…)"), ("sk-proj-" + mixed, "an API key (sk-…)"), ("ghp_" + mixed.prefix(36), "a GitHub token"),
        ("github_pat_" + mixed, "a GitHub token"), ("AKIA" + "Q7RK2VBX9MTZ4NCW", "an AWS access key"),
        ("xoxb-" + "1234567890-" + mixed, "a Slack token"),
        ("mst_" + mixed, "a Mainstay token"), ("AIza" + mixed.prefix(35), "a Google API key"), ("hf_" + mixed.prefix(34), "a Hugging Face token"),
        ("8123456789:" + mixed.prefix(35), "a Telegram bot token"), ("postgres://me:" + "hunter22" + "@db/x", "a URL with a password"),
        ("-----BEGIN " + "EC PRIVATE KEY-----\nabc", "a private key"), ("-----BEGIN " + "OPENSSH PRIVATE KEY-----", "a private key"),
        ("eyJhbGciOi" + mixed + ".eyJ" + mixed + "." + mixed, "a JSON web token"), ("OPENAI_API_KEY=" + mixed, "a key in an assignment"),
        ("set \"apiKey\": \"" + hex + "\" first", "a key in an assignment"),
    ]

    private static let furtherShaped: [(String, String)] = [
        ("pplx-\(mixed)", "a Perplexity key"), ("r8_\(mixed.prefix(37))", "a Replicate token"), ("tvly-dev-\(mixed)", "a Tavily key"),
        ("dop_v1_\(hex)", "a DigitalOcean token"), ("pypi-\("AgEIcHlwaS5vcmc")\(mixed)", "a PyPI token"),
        ("shpat_\(hex.prefix(32))", "a Shopify token"), ("shpss_\(hex.prefix(32))", "a Shopify secret"),
        ("glpat-\(mixed.prefix(20))", "a GitLab token"), (discord, "a Discord bot token"), (solana, "a Solana private key"),
        ("Bearer \(mixed.prefix(20))", "a bearer token"), ("curl -H 'Authorization: bearer \(mixed)'", "a bearer token"),
        ("Bearer \("123e4567-e89b-12d3-a456-426614174000")", "a bearer token"), ("Bearer `\(mixed)`", "a bearer token"),
        ("Bearer mst_\(mixed)", "a Mainstay token"), ("Basic \(base64("ann:hunter22"))", "basic credentials"),
        ("-H \"Authorization: Basic \(base64("ann:hunter2"))\"", "basic credentials"), ("Cookie: sid=\(mixed)", "a key in an assignment"),
    ]

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    private static let discord = "\(base64("198622483471925248")).Cl2FMQ.\(mixed.prefix(27))"

    /// A key as a wallet exports it.
    private static let solana: String = {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: (1...32).map { UInt8($0) }) else { return "" }
        return base58(Array(key.rawRepresentation + key.publicKey.rawRepresentation))
    }()

    private static func base58(_ bytes: [UInt8]) -> String {
        var digits: [Int] = []
        for byte in bytes {
            var carry = Int(byte)
            for place in digits.indices {
                carry += digits[place] << 8
                digits[place] = carry % 58
                carry /= 58
            }
            while carry > 0 {
                digits.append(carry % 58)
                carry /= 58
            }
        }
        let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
        return String(digits.reversed().map { alphabet[$0] })
    }

    @Test("is found anywhere: alone, in the midst of text, in a list, as a name", arguments: shaped + furtherShaped)
    func everywhere(text: String, kind: String) throws {
        func quoted(_ text: String) throws -> String { String(decoding: try JSONEncoder().encode(text), as: UTF8.self) }
        #expect(try findings(#"{"bio": [\#(quoted(text))]}"#) == ["/bio/0 \(kind)"])
        #expect(try findings(#"{"lore": \#(quoted("look: " + text + " ok"))}"#) == ["/lore \(kind)"])
        #expect(try findings(#"{"x": {\#(quoted(text)): 1}}"#) == ["/x/[redacted] \(kind)"])
    }

    @Test(
        "is found under a name that promises it",
        arguments: [
            ("apiKey", hex, "a key"), ("TWITTER_API_SECRET_KEY", mixed, "a key"), ("walletPrivateKey", "0x" + hex, "a key"),
            ("accessToken", mixed, "a key"),
            ("EVM_PRIVATE_KEY", hex, "a key"), ("TWITTER_PASSWORD", "hunter22", "a password"), ("password", "correct-horse", "a password"),
            ("mnemonic", "legal winner thank year wave sausage worth useful legal winner thank yellow", "a seed phrase"),
            ("seedPhrase", "legal winner thank year wave sausage worth useful legal winner thank yellow", "a seed phrase"),
        ])
    func underNames(name: String, value: String, kind: String) throws {
        #expect(try findings(#"{"settings": {"\#(name)": "\#(value)"}}"#) == ["/settings/\(name) \(kind)"])
        #expect(try findings(#"{"env": [{"name": "\#(name)", "value": "\#(value)"}]}"#) == ["/env/0/value \(kind)"])
        #expect(try findings(#"{"\#(name)": {"main": ["\#(value)"]}}"#) == ["/\(name)/main/0 \(kind)"])
    }

    @Test(
        "is found in a header, whatever its scheme",
        arguments: [
            ("Authorization", "Bearer \(mixed)", "a bearer token"), ("Authorization", "Bearer \(mixed.prefix(16))", "a key"),
            ("authorization", "Token \(mixed)", "a key"), ("Proxy-Authorization", "Basic \(mixed)", "a key"), ("AUTHORIZATION", mixed, "a key"),
            ("X-Api-Key", mixed, "a key"), ("x-api-key", hex, "a key"), ("Cookie", "theme=dark; sid=\(mixed); x=${Y}", "a session"),
            ("cookie", mixed, "a session"),
        ])
    func headers(name: String, value: String, kind: String) throws {
        let settings = #"{"mcp": {"servers": {"notes": {"headers": {"\#(name)": "\#(value)"}}}}}"#
        #expect(try findings(#"{"settings": \#(settings)}"#) == ["/settings/mcp/servers/notes/headers/\(name) \(kind)"])
        #expect(try findings(#"{"headers": [{"name": "\#(name)", "value": "\#(value)"}]}"#) == ["/headers/0/value \(kind)"])
    }

    @Test(
        "a header with something in a secret's place passes, in text too",
        arguments: [
            "Bearer YOUR_TOKEN", "Bearer ${TOKEN}", "Bearer {{token}}", "Bearer $TOKEN", "Bearer <a token of 20 characters>",
            "Bearer YOUR_API_TOKEN_OF_2024",
            "Bearer team-a1-service-b2c3d4-{{token}}", "Bearer xxxxxxxxxxxxxxxxxxxxxxx1a", "Bearer process.env.TOKEN_2_OF_SERVICE", "Bearer",
            "Basic ${CREDENTIALS}", "Basic {{base64}}", "Basic eW91cl91c2VyOnlvdXJfcGFzc3dvcmQ=",
        ])
    func placeholders(value: String) throws {
        for name in ["Authorization", "proxy-authorization", "x-api-key", "cookie", "note"] {
            #expect(try findings(#"{"headers": {"\#(name)": "\#(value)"}}"#) == [], "\(name)")
        }
        #expect(try findings(#"{"lore": "send \#(value) with it"}"#) == [])
    }

    @Test("64 bytes in base58 are a private key only where the public one follows from it: signatures look the same, and are public")
    func signature() throws {
        #expect(SolanaKey.lengths.contains(Self.solana.utf8.count))
        let bytes = SHA512.hash(data: Data("a transaction".utf8))
        #expect(try findings(#"{"lore": "see https://explorer.example/tx/\#(Self.base58(Array(bytes)))"}"#) == [])
        #expect(try findings(#"{"lore": "\#(Self.solana)1"}"#) == [] && findings(#"{"lore": "\#(String(repeating: "z", count: 88))"}"#) == [])
    }

    @Test("a list of 64 bytes is a private key")
    func byteKey() throws {
        let list = (0..<64).map { String($0 * 3) }.joined(separator: ",")
        #expect(try findings(#"{"wallet": [\#(list)]}"#) == ["/wallet a private key, byte by byte"])
        #expect(try findings(#"{"histogram": [\#(list), 300]}"#).isEmpty)
    }

    @Test(
        "is not seen where nothing is",
        arguments: [
            (#"{"model": "claude-3-5-sonnet-20241022"}"#),
            (#"{"tokenizer": "Xenova/all-MiniLM-L6-v2", "maxTokens": "8192", "tokenLimit": "100000000000000000001a"}"#),
            (#"{"tokenAddress": "9fK2mQvTz4xYbWc8RpLh3NsD6jUeGa7VwXkB5yMtZr1C", "token": "0x7b1F3c9A50E2d4486fB0a91C27dE5538c0a6D9e4"}"#),
            (#"{"tokens": [{"symbol": "WAVE", "mint": "9fK2mQvTz4xYbWc8RpLh3NsD6jUeGa7VwXkB5yMtZr1C"}]}"#),
            (#"{"transaction": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#),
            (#"{"apiKey": "${OPENAI_API_KEY}", "api_key": "<put your key of 2024 here>", "secretKey": "process.env.SECRET_KEY_2", "token": ""}"#),
            (#"{"apiKey": "your_api_key_goes_here_123", "key": "xxxxxxxxxxxxxxxxxxxxxxxx1a"}"#),
            (#"{"lore": "the password is friendship", "bio": "she keeps her token: a small brass owl", "publicKey": "9f86d081884c7d659a2feaa0c55ad015"}"#),
            (#"{"post": "sk-" , "text": "task-oriented-people-are-here-to-stay", "link": "https://example.com:8080/@handle"}"#),
            (#"{"lore": "Basic understanding of authentication, Basic configurations, bearer of token-based-authentication-v2"}"#),
            (#"{"lore": "uses Bearer token-based-authentication-v2, Bearer authentication and Basic authentication", "cookie": "oat and raisin"}"#),
            (#"{"authorizationUrl": "https://login.example/oauth2/authorize-v2", "authorization": "required", "cookie": "theme=dark; lang=en"}"#),
            (#"{"lore": "pypi-package-names-are-long-and-have-hyphens-and-words, r8_, tvly-, MTIzNDU2Nzg5MDEyMzQ1Njc4.js.map"}"#),
            (#"{"monkey": "q7Rk2VbX9mTz4NcW8pLd6HsY", "keyboard": "q7Rk2VbX9mTz4NcW8pLd6HsY"}"#),
        ])
    func quiet(text: String) throws {
        #expect(try findings(text) == [])
    }

    @Test("no file at hand is blocked after stripping", arguments: AgentSamples.files)
    func files(path: String) throws {
        #expect(KeyScanner.findings(in: try CharacterFile(AgentSamples.bytes(path)).document) == [])
    }

    @Test("a finding never holds the key")
    func silence() throws {
        for (text, _) in Self.shaped + Self.furtherShaped where !text.contains("\n") && !text.contains("\"") {
            let found = try findings(#"{"a": "\#(text)", "\#(text)": "\#(text)"}"#)
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { !$0.contains(Self.mixed.prefix(12)) && !$0.contains("hunter22") })
        }
    }

    @Test(
        "a hostile text of 256 KiB is read in linear time", .timeLimit(.minutes(1)),
        arguments: [
            "sk-", "eyJ.", "abc=", "a://", "AKIA", "x:y@", "12345678:", "a", "key=1a", "Bearer ", "Basic ", "Basic QUFBQUFBQUFBQUFB ",
            "MTIzNDU2Nzg5MDEyMzQ1Njc4.", String(repeating: "2", count: 88) + " ",
        ])
    func hostile(unit: String) throws {
        let text = String(repeating: unit, count: (256 << 10) / unit.utf8.count)
        #expect(KeyScanner.findings(in: .object([JSONMember(name: "apiKey", value: .string(text))])).count <= 1)
    }

    @Test("after a hundred findings the scan ends")
    func bound() throws {
        let key = "sk-" + Self.mixed
        let document = JSONNode.array(Array(repeating: .string(key), count: 500))
        #expect(KeyScanner.findings(in: document).count == 100)
    }
}
