import Foundation
import Testing

@testable import Workspaces

@Suite("Whether a name is to be had")
struct AgentsNameCheckTests {
    private static let agent = UUID()

    private func check(_ like: [LikeName] = [], _ reservations: [NameReservation] = []) throws -> NameCheck {
        NameCheck(of: Self.agent, name: try #require(AgentName("eliza")), like: like, reservations: reservations)
    }

    private func like(_ name: String, forks: Int = 0, looksSame: Bool = false, similarity: Double = 0) -> LikeName {
        LikeName(owner: "acme", name: name, forks: forks, looksSame: looksSame, similarity: similarity)
    }

    private func reservation(
        isOwn: Bool = true, isExact: Bool = true, isBarred: Bool = false, agent: UUID = UUID(), isListed: Bool = false
    ) -> NameReservation {
        NameReservation(isOwn: isOwn, isExact: isExact, isBarred: isBarred, agent: agent, isListed: isListed)
    }

    @Test(
        "letters to change, add, leave out or swap are counted",
        arguments: [
            ("", "", 0), ("eliza", "eliza", 0), ("eliza", "elisa", 1), ("eliza", "elza", 1), ("eliza", "elizas", 1), ("eliza", "elzia", 1),
            ("ab", "ba", 1), ("eliza", "lieza", 2), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("ca", "abc", 3),
        ])
    func distance(one: String, other: String, expected: Int) {
        #expect(NameCheck.distance(one, other) == expected)
        #expect(NameCheck.distance(other, one) == expected)
    }

    @Test("names come near each other by looks, by trigrams, or by a letter or two")
    func near() {
        #expect(NameCheck.isNear(like("e-l-i-z-a", looksSame: true), to: "eliza"))
        #expect(NameCheck.isNear(like("eliza-two", similarity: 0.6), to: "eliza"))
        #expect(!NameCheck.isNear(like("eliza-the-second", similarity: 0.59), to: "eliza"))
        #expect(NameCheck.isNear(like("elzia"), to: "eliza"))
        #expect(!NameCheck.isNear(like("lieza"), to: "eliza"), "two letters of five")
        #expect(NameCheck.isNear(like("harbour-giude"), to: "harbour-gudie"), "two letters of thirteen")
        #expect(!NameCheck.isNear(like("bob"), to: "rob"), "names of three letters are near to each other too often")
    }

    @Test("the longer a name, the more must be shared with it, and never more than what is near", arguments: ["eliza", "harbour-guide"])
    func leastSimilarity(name: String) {
        #expect(NameCheck.leastSimilarity(to: "eliza") < 0.2, "elzia shares two of ten")
        #expect(NameCheck.leastSimilarity(to: name) < NameCheck.leastSimilarity(to: name + "-of-the-old-lighthouse"))
        #expect(NameCheck.leastSimilarity(to: String(repeating: "x", count: 64)) < NameCheck.nearSimilarity)
    }

    @Test("a name without neighbours is free; the nearest neighbour is told")
    func free() throws {
        #expect(try check() == .free(looksLike: nil))
        #expect(try check([like("walter", similarity: 0.1)]) == .free(looksLike: nil))
        #expect(try check([like("walter"), like("elisa"), like("elizza")]) == .free(looksLike: "acme/elisa"))
    }

    @Test("what looks the same as an agent that many forked is refused, from ten forks on")
    func known() throws {
        #expect(try check([like("e1iza", forks: 9, looksSame: true)]) == .free(looksLike: "acme/e1iza"))
        #expect(try check([like("e1iza", forks: 10, looksSame: true)]) == .refused(.looksLike("acme/e1iza")))
        #expect(try check([like("elisa", forks: 5000)]) == .free(looksLike: "acme/elisa"), "it does not look the same")
    }

    @Test("a reserved name is another owner's for good, and one's own under conditions")
    func reserved() throws {
        #expect(try check([], [reservation(isOwn: false)]) == .refused(.reserved), "the very address, which was another workspace's")
        #expect(try check([], [reservation(isOwn: false, isExact: false)]) == .free(looksLike: nil), "another owner's is another address")
        #expect(try check([], [reservation(isOwn: false, isExact: false, isBarred: true)]) == .refused(.reserved), "nobody gets it")
        #expect(try check([], [reservation()]) == .free(looksLike: nil), "given up by an agent that is listed no more")
        #expect(try check([], [reservation(agent: Self.agent, isListed: true)]) == .free(looksLike: nil), "its own old name")
        #expect(try check([], [reservation(isListed: true)]) == .refused(.leadsElsewhere))
        #expect(try check([], [reservation(isExact: false, isListed: true)]) == .free(looksLike: nil), "another name of ours that looks the same")
        #expect(try check([], [reservation(isBarred: true)]) == .refused(.barred))
        #expect(try check([], [reservation(isBarred: true, agent: Self.agent, isListed: true)]) == .refused(.barred))
    }
}
