import Inference
import Testing

@testable import mainstay

@Suite struct ProviderSettingsTests {
    @Test("without any setting there is no provider, and the scripted one answers")
    func none() async throws {
        #expect(try await Settings.load(environment: [:]).providers().isEmpty)
    }

    @Test("the provider without a name comes first, the named ones follow in their order, each with its own format")
    func several() async throws {
        let settings = try await Settings.load(environment: [
            "MAINSTAY_PROVIDER_URL": "https://one/v1", "MAINSTAY_PROVIDER_KEY": "k1", "MAINSTAY_PROVIDER_MODEL": "m1",
            "MAINSTAY_PROVIDER_FORMAT": "openai-responses", "MAINSTAY_HTTP_PUBLIC_URL": "https://agents.example",
            "MAINSTAY_PROVIDERS": "my-router, claude",
            "MAINSTAY_PROVIDER_CLAUDE_URL": "https://two/v1", "MAINSTAY_PROVIDER_CLAUDE_KEY": "k2", "MAINSTAY_PROVIDER_CLAUDE_FORMAT": "anthropic",
            "MAINSTAY_PROVIDER_CLAUDE_MODELS": "a, b", "MAINSTAY_PROVIDER_MY_ROUTER_URL": "https://three/v1",
            "MAINSTAY_PROVIDER_MY_ROUTER_MODEL": "o/g", "MAINSTAY_PROVIDER_MY_ROUTER_FORMAT": "openrouter",
        ])
        let site = "https://agents.example"
        #expect(
            try settings.providers() == [
                ProviderConfiguration(
                    name: "default", baseURL: "https://one/v1", key: ProviderKey("k1"), defaultModel: "m1", format: .openaiResponses, site: site),
                ProviderConfiguration(name: "my-router", baseURL: "https://three/v1", defaultModel: "o/g", format: .openrouter, site: site),
                ProviderConfiguration(
                    name: "claude", baseURL: "https://two/v1", key: ProviderKey("k2"), models: ["a", "b"], format: .anthropic, site: site),
            ])
        #expect(try settings.inference().providers.count == 3)
    }

    @Test("a provider that is alone and says no format speaks chat completions")
    func plain() async throws {
        let settings = try await Settings.load(environment: ["MAINSTAY_PROVIDER_URL": "https://one/v1", "MAINSTAY_PROVIDER_MODEL": "m"])
        #expect(try settings.providers() == [ProviderConfiguration(name: "default", baseURL: "https://one/v1", defaultModel: "m")])
    }

    @Test("waits are those of all providers, and a provider's own where it has some")
    func waits() async throws {
        let settings = try await Settings.load(environment: [
            "MAINSTAY_PROVIDER_URL": "https://one/v1", "MAINSTAY_PROVIDER_MODEL": "m", "MAINSTAY_PROVIDER_IDLE_SECONDS": "20",
            "MAINSTAY_PROVIDERS": "my-llama", "MAINSTAY_PROVIDER_MY_LLAMA_URL": "http://two/v1", "MAINSTAY_PROVIDER_MY_LLAMA_MODEL": "m",
            "MAINSTAY_PROVIDER_MY_LLAMA_HEADER_WAIT_SECONDS": "600", "MAINSTAY_PROVIDER_MY_LLAMA_FIRST_TOKEN_SECONDS": "300",
        ])
        #expect(
            try settings.providers().map(\.timeouts) == [
                StreamTimeouts(idle: .seconds(20)), StreamTimeouts(headers: .seconds(600), firstToken: .seconds(300), idle: .seconds(20)),
            ])
    }

    @Test("a wait that is none is told once, by the variable that sets it")
    func wrongWaits() async throws {
        let settings = try await Settings.load(environment: [
            "MAINSTAY_PROVIDERS": "a,b-c", "MAINSTAY_PROVIDER_A_URL": "https://a/v1", "MAINSTAY_PROVIDER_A_MODEL": "m",
            "MAINSTAY_PROVIDER_B_C_URL": "https://b/v1", "MAINSTAY_PROVIDER_B_C_MODEL": "m", "MAINSTAY_PROVIDER_IDLE_SECONDS": "0",
            "MAINSTAY_PROVIDER_B_C_HEADER_WAIT_SECONDS": "half",
        ])
        let error = #expect(throws: Settings.Faults.self) { try settings.providers() }
        #expect(
            error?.faults == [
                "MAINSTAY_PROVIDER_IDLE_SECONDS is \"0\"; wanted is a whole number from 1 to 900.",
                "MAINSTAY_PROVIDER_B_C_HEADER_WAIT_SECONDS is \"half\"; wanted is a whole number from 1 to 900.",
            ])
    }

    @Test("all that is wrong is told at once, each with its variable")
    func faults() async throws {
        let settings = try await Settings.load(environment: [
            "MAINSTAY_PROVIDER_URL": "https://one/v1", "MAINSTAY_PROVIDER_FORMAT": "soap", "MAINSTAY_PROVIDERS": "a,key,b",
            "MAINSTAY_PROVIDER_B_URL": "https://b/v1", "MAINSTAY_PROVIDER_B_FORMAT": "rest",
        ])
        let error = #expect(throws: Settings.Faults.self) { try settings.providers() }
        let faults = error?.faults ?? []
        try #require(faults.count == 4)
        for (position, words) in [
            "MAINSTAY_PROVIDER_FORMAT is \"soap\"; wanted is one of openai, openai-responses, anthropic, openrouter.",
            "MAINSTAY_PROVIDER_A_URL is not set", "\"key\", which is the name of a setting", "MAINSTAY_PROVIDER_B_FORMAT is \"rest\"",
        ].enumerated() {
            #expect(faults[position].contains(words), "\(words)")
        }
    }
}
