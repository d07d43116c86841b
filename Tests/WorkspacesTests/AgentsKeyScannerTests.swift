import Foundation
import Testing
@testable import Workspaces

/// The fakes are put together here, so that no scanner stumbles over this file.
@Suite("What looks like a key")
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

    @Test("is found anywhere: alone, in the midst of text, in a list, as a name", arguments: shaped)
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
        for (text, _) in Self.shaped where !text.contains("\n") && !text.contains("\"") {
            let found = try findings(#"{"a": "\#(text)", "\#(text)": "\#(text)"}"#)
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { !$0.contains(Self.mixed.prefix(12)) && !$0.contains("hunter22") })
        }
    }

    @Test(
        "a hostile text of 256 KiB is read in linear time", .timeLimit(.minutes(1)),
        arguments: [
            "sk-", "eyJ.", "abc=", "a://", "AKIA", "x:y@", "12345678:", "a", "key=1a",
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
