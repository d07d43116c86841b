import Foundation
import Inference
import Testing

@testable import mainstay

@Suite struct InferenceSetupSettingsTests {
    private static let key = "k:\(Data(repeating: 7, count: 32).base64EncodedString())"

    @Test("lists come from variables with commas, from a text in a file, and from a sequence in a file")
    func lists() async throws {
        let variables = try await Settings.load(environment: [
            "MAINSTAY_PRICES": "openai/gpt-4.1 2 8 0.5,llama 0 0", "MAINSTAY_TOOLS_ALLOW": "10.1.0.0/16, .internal",
            "MAINSTAY_CREDENTIALS_KEYS": Self.key,
        ])
        let setup = try variables.inferenceSetup()
        let prices = try PriceTable(["openai/gpt-4.1 2 8 0.5", "llama 0 0"])
        let addresses = try AddressPolicy(allowing: ["10.1.0.0/16", ".internal"])
        #expect(setup.prices == prices && setup.addresses == addresses)

        let file = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString).yaml")
        let text = "prices:\n  - openai/gpt-4.1 2 8 0.5\n  - llama 0 0\ntools:\n  allow: 10.1.0.0/16,.internal\n"
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let ofFile = try await Settings.load(file: file.path, environment: [:]).inferenceSetup()
        #expect(ofFile.prices == setup.prices && ofFile.addresses == setup.addresses)
    }

    @Test("without any of them nothing is kept, nothing allowed and no price known")
    func none() async throws {
        let setup = try await Settings.load(environment: [:]).inferenceSetup()
        #expect(setup.addresses == AddressPolicy.strict && setup.prices == PriceTable.none)
    }

    @Test("all that is wrong is told at once, and no key with it")
    func faults() async throws {
        let settings = try await Settings.load(environment: [
            "MAINSTAY_PRICES": "m 1", "MAINSTAY_TOOLS_ALLOW": "10.0.0.0/99", "MAINSTAY_CREDENTIALS_KEYS": "k:c2VjcmV0LXNlY3JldA==",
        ])
        let error = #expect(throws: Settings.Faults.self) { try settings.inferenceSetup() }
        #expect(error?.faults.count == 3)
        for name in ["MAINSTAY_PRICES", "MAINSTAY_TOOLS_ALLOW", "MAINSTAY_CREDENTIALS_KEYS"] { #expect(error?.description.contains(name) == true) }
        #expect(error?.description.contains("c2VjcmV0") == false)
    }
}
