import Testing

@testable import Inference

@Suite struct ProviderDirectoryTests {
    private typealias Choice = ProviderDirectory.Choice

    @Test("Without providers the built-in one answers, and only its models")
    func none() throws {
        let directory = try ProviderDirectory([])
        #expect(directory.choose(model: nil) == Choice(provider: "scripted", model: "scripted"))
        #expect(directory.choose(model: "scripted-fast") == Choice(provider: "scripted", model: "scripted-fast"))
        #expect(directory.choose(model: "gpt-4o") == nil)
        #expect(directory.models == ["scripted", "scripted-fast"])
    }

    @Test("The table of models")
    func table() throws {
        let directory = try ProviderDirectory([
            ProviderConfiguration(name: "open", baseURL: "https://a/v1", defaultModel: "m1"),
            ProviderConfiguration(name: "listed", baseURL: "https://b/v1", models: ["m2", "org/m3"]),
        ])
        let rows: [(String?, Choice?)] = [
            (nil, Choice(provider: "open", model: "m1")), ("scripted", Choice(provider: "scripted", model: "scripted")),
            ("m2", Choice(provider: "listed", model: "m2")), ("org/m3", Choice(provider: "listed", model: "org/m3")),
            ("listed/m2", Choice(provider: "listed", model: "m2")), ("listed/org/m3", Choice(provider: "listed", model: "org/m3")),
            ("listed/m9", nil), ("listed/", nil), ("open/anything", Choice(provider: "open", model: "anything")),
            ("anything", Choice(provider: "open", model: "anything")), ("org/else", Choice(provider: "open", model: "org/else")),
        ]
        for (model, choice) in rows { #expect(directory.choose(model: model) == choice, "\(model ?? "nil")") }
        let closed = try ProviderDirectory([ProviderConfiguration(name: "listed", baseURL: "https://b/v1", models: ["m2"])])
        #expect(closed.choose(model: nil) == Choice(provider: "listed", model: "m2"))
        #expect(closed.choose(model: "other") == nil)
    }

    @Test("All faults of a configuration are told at once")
    func faults() {
        let faults = #expect(throws: ProviderDirectory.Faults.self) {
            try ProviderDirectory([
                ProviderConfiguration(name: "Bad Name", baseURL: "https://a", defaultModel: "m"),
                ProviderConfiguration(name: "scripted", baseURL: "https://a", defaultModel: "m"),
                ProviderConfiguration(name: "x", baseURL: "ftp://a"),
            ])
        }
        #expect(faults?.sentences.count == 4)
    }

    @Test("A key is never shown")
    func key() throws {
        let key = try #require(ProviderKey(" sk-secret\n"))
        #expect(key.revealed == "sk-secret")
        var dumped = ""
        dump(ProviderConfiguration(name: "a", baseURL: "https://a", key: key), to: &dumped)
        #expect(!dumped.contains("sk-secret"))
        #expect(!"\(key) \(String(reflecting: key))".contains("sk-secret"))
        #expect(key.redacting("Incorrect API key provided: sk-secret.") == "Incorrect API key provided: ***.")
        #expect(ProviderKey("  ") == nil)
    }
}
