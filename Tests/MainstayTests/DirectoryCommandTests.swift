import ArgumentParser
import Foundation
import Testing

@testable import mainstay

@Suite struct DirectoryCommandTests {
    private func items(_ text: String) throws -> [CaseItem] {
        try APIClient.decoder.decode(CasePage.self, from: Data(text.utf8)).items
    }

    private let page = """
        {"items": [
          {"case": "019ab", "kind": "report", "standing": "quarantined", "agent": "acme/eliza", "status": "quarantined", "age_seconds": 5400,
           "reports": 4, "reporters": 3, "identified": 3, "score": 27.5, "reasons": [{"reason": "malware", "reports": 3}, {"reason": "other", "reports": 1}]},
          {"case": "019ac", "kind": "appeal", "standing": "noted", "agent": "acme/lisa", "age_seconds": 0,
           "reports": 0, "reporters": 0, "identified": 0, "score": 0, "reasons": [], "appeal": {"against": "remove"}}
        ]}
        """

    @Test("a case is a line with its age in hours, and an appeal says what it is against")
    func queue() throws {
        let table = DirectoryCommand.Reports.table(try items(page))
        #expect(
            table.rows == [
                ["019ab", "report", "acme/eliza", "quarantined", "quarantined", "1.5", "4", "3", "3", "27.5", "malware 3, other 1"],
                ["019ac", "appeal", "acme/lisa", nil, "noted", "0.0", "0", "0", "0", "0", "against remove"],
            ])
    }

    @Test("what takes something from an owner says what it would do first")
    func warning() throws {
        let found = try items(page)
        #expect(
            Confirmation.words(DirectoryCommand.Decide.warning("remove", on: found[0]))
                == "remove would be decided for acme/eliza (it is quarantined, 4 reports); nothing was done: --yes does it")
        #expect(DirectoryCommand.Decide.warning("remove", on: found[1]).contains("it is not listed any more"))
    }

    @Test("a line of the log")
    func removals() throws {
        let text = #"{"items": [{"agent": "acme/eliza", "decision": "remove", "ground": "malware", "decided_at": "2026-01-31T00:00:00.000Z"}]}"#
        let page = try APIClient.decoder.decode(RemovalPage.self, from: Data(text.utf8))
        #expect(
            DirectoryCommand.Removals.table(page.items).rows == [["acme/eliza", "remove", "malware", "2026-01-31T00:00:00.000Z", nil, nil]])
    }

    @Test("owners that are verified, and what was taken back with its reason")
    func verified() throws {
        let text = """
            {"items": [
              {"id": "019ab", "owner": "acme", "name": "Acme Ltd", "site": "https://acme.example", "verified_at": "2026-01-31T00:00:00.000Z",
               "verified_by": "ann", "listings": 3},
              {"id": "019aa", "owner": "acme", "name": "Acme", "verified_at": "2026-01-30T00:00:00.000Z", "listings": 3,
               "withdrawn_at": "2026-01-31T00:00:00.000Z", "reason": "It is sold."}
            ]}
            """
        let items = try APIClient.decoder.decode(VerificationPage.self, from: Data(text.utf8)).items
        #expect(
            DirectoryCommand.Verified.table(items).rows == [
                ["acme", "Acme Ltd", "https://acme.example", "2026-01-31T00:00:00.000Z", "ann", "3", nil, nil],
                ["acme", "Acme", nil, "2026-01-30T00:00:00.000Z", nil, "3", "2026-01-31T00:00:00.000Z", "It is sold."],
            ])
        #expect(
            Confirmation.words(DirectoryCommand.Unverify.warning("acme", items[0]))
                == "acme, verified as Acme Ltd, would be verified no more, with 3 agents in public; nothing was done: --yes does it")
        #expect(DirectoryCommand.Unverify.warning("acme", items[1]) == "acme is not verified")
    }

    @Test("what cannot be said of an owner is refused before anything is asked; the help says how it is called")
    func verify() throws {
        for words in [["acme", "--name", " "], ["acme", "--name", "A", "--site", "http://a.example"], ["a/b", "--name", "A"], ["acme"]] {
            #expect(throws: (any Error).self) { _ = try DirectoryCommand.Verify.parse(words) }
        }
        for words in [["acme"], ["acme", "--reason", " "]] {
            #expect(throws: (any Error).self) { _ = try DirectoryCommand.Unverify.parse(words) }
        }
        let good = try DirectoryCommand.Verify.parse(["acme", "--name", "Acme Ltd", "--site", "https://acme.example", "--json"])
        #expect(good.name == "Acme Ltd" && good.output.chosen == .json)
        for help in [
            DirectoryCommand.helpMessage(), DirectoryCommand.Verify.helpMessage(), DirectoryCommand.Unverify.helpMessage(),
            DirectoryCommand.Verified.helpMessage(),
        ] {
            #expect(help.contains("EXAMPLES") && help.contains("mainstay directory "))
        }
    }
}
