import Testing
import Workspaces

@testable import mainstay

@Suite struct SignInSettingsTests {
    private static let good = [
        "MAINSTAY_OIDC_ISSUER": "https://id.example.com", "MAINSTAY_OIDC_AUDIENCE": "mainstay", "MAINSTAY_OIDC_CLIENT_ID": "pages",
        "MAINSTAY_HTTP_PUBLIC_URL": "https://agents.example",
    ]

    @Test("people sign in at the issuer where it knows this installation as a client, and nowhere else")
    func client() async throws {
        let settings = try await Settings.load(environment: Self.good)
        #expect(try settings.oidcRelyingParty() != nil)
        let without = try await Settings.load(environment: Self.good.filter { $0.key != "MAINSTAY_OIDC_CLIENT_ID" })
        #expect(try without.oidcRelyingParty() == nil)
    }

    @Test("a client needs the issuer and the installation's own address", arguments: ["MAINSTAY_OIDC_ISSUER", "MAINSTAY_HTTP_PUBLIC_URL"])
    func needs(_ variable: String) async throws {
        let settings = try await Settings.load(environment: Self.good.filter { $0.key != variable })
        let error = #expect(throws: Settings.Faults.self) { try settings.oidcRelyingParty() }
        #expect(error?.description.contains("\(variable) is not set") == true)
    }

    @Test("what is wrong is told by its variable, and the secret is not told")
    func faults() async throws {
        let wrong = ["MAINSTAY_HTTP_PUBLIC_URL": "http://agents.example", "MAINSTAY_OIDC_CLIENT_SECRET": "hid\u{7}den"]
        let settings = try await Settings.load(environment: Self.good.merging(wrong) { $1 })
        let error = #expect(throws: Settings.Faults.self) { try settings.oidcRelyingParty() }
        let text = error?.description ?? ""
        #expect(text.contains("MAINSTAY_OIDC_CLIENT_SECRET has 7 bytes") && text.contains("MAINSTAY_HTTP_PUBLIC_URL is \"http://agents.example\""))
        #expect(!text.contains("hid"))
    }
}
