import Testing
@testable import Workspaces

@Suite("Names of agents")
struct AgentsNameTests {
    @Test(
        "a name is made of what people call the agent",
        arguments: [
            ("Eliza", "eliza"), ("F.R.I.D.A.Y.", "f-r-i-d-a-y"), ("Zoë  Müller!", "zoe-muller"), ("  --A__b--  ", "a-b"), ("Zoe\u{308}", "zoe"),
            ("Straße 7", "strasse-7"),
            ("The Keeper's Cat", "the-keepers-cat"), ("publish", "publish-agent"), ("小明 Bot 2", "bot-2"),
        ])
    func made(display: String, expected: String) {
        #expect(AgentName(displayName: display)?.text == expected)
    }

    @Test("where no Latin letter or digit is left there is no name", arguments: ["小明", "", "…", "🌊"])
    func notMade(display: String) {
        #expect(AgentName(displayName: display) == nil)
    }

    @Test(
        "the form is strict",
        arguments: ["", "-a", "a-", "a--b", "A", "a_b", "é", "a b", "publish", "forks", String(repeating: "a", count: 65), "a/b", "a\0"])
    func refused(text: String) {
        #expect(AgentName(text) == nil)
    }

    @Test("a taken name is numbered, and stays a name at full length")
    func numbered() throws {
        let eliza = try #require(AgentName("eliza"))
        #expect(eliza.free(among: []).text == "eliza")
        #expect(eliza.free(among: ["eliza"]).text == "eliza-2")
        #expect(eliza.free(among: ["eliza", "eliza-2", "eliza-3"]).text == "eliza-4")
        let long = try #require(AgentName(String(repeating: "a", count: 61) + "-bc"))
        let second = long.free(among: [long.text])
        #expect(second.text == String(repeating: "a", count: 61) + "-2")
        #expect(AgentName(second.text) == second)
    }
}
