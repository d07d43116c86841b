import Foundation
import TestSupport
import Testing

@testable import Workspaces

@Suite("Whose title a listing has")
struct AgentsTitleCheckTests {
    private static let day: Double = 86_400

    private func like(_ owner: String, days: Double, forks: Int = 0, agent: UUID = UUID()) -> LikeTitle {
        LikeTitle(listing: UUID(), agent: agent, owner: owner, name: "eliza", forks: forks, lead: days * Self.day)
    }

    private func resembled(_ like: [LikeTitle], lineage: [UUID] = []) -> String? {
        let sources = lineage.map { ForkSource(owner: "x", name: "x", version: 1, agent: $0) }
        return TitleCheck.resembled(like, lineage: sources)?.owner
    }

    @Test("nobody's, that of one who had it for 30 days, or that of one whom many forked")
    func examples() {
        #expect(resembled([]) == nil)
        #expect(resembled([like("a", days: 29.9, forks: 9)]) == nil)
        #expect(resembled([like("a", days: 30)]) == "a")
        #expect(resembled([like("a", days: 400), like("b", days: 300)]) == "a", "the oldest")
        #expect(resembled([like("a", days: 0.001, forks: 10)]) == "a", "a day is enough to take the title of one that is known")
        #expect(resembled([like("a", days: 400), like("b", days: 1, forks: 10), like("c", days: 1, forks: 12)]) == "c", "the most forked")
        #expect(resembled([like("a", days: 2, forks: 12), like("b", days: 1, forks: 12)]) == "a", "of two, the older")
    }

    @Test("a fork is told where it is from by its lineage, whatever its distance, and by a mark of any other")
    func forks() {
        let (first, second) = (UUID(), UUID())
        let original = like("a", days: 400, forks: 50, agent: first)
        #expect(resembled([original], lineage: [first]) == nil)
        #expect(resembled([original], lineage: [second, first]) == nil)
        #expect(resembled([original], lineage: [second]) == "a")
        #expect(resembled([original, like("b", days: 300)], lineage: [first]) == nil, "another fork is no better model than the original")
        #expect(resembled([original, like("b", days: 300, forks: 51)], lineage: [first]) == "b")
    }

    @Test("one that is told is old enough or known, and none is left out that is better", arguments: [1, 2, 3] as [UInt64])
    func property(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1_000 {
            let count = Int.random(in: 0...6, using: &random)
            var given = (0..<count).map { number in
                like("\(number)", days: Double.random(in: 0...60, using: &random), forks: Int.random(in: 0...14, using: &random))
            }
            given.sort { $0.lead > $1.lead }
            let told = TitleCheck.resembled(given, lineage: [])
            let known = given.filter { $0.forks >= NameCheck.protectedForks }
            if let told {
                #expect(told.forks >= NameCheck.protectedForks || told.lead >= TitleCheck.elderLead, "seed \(seed)")
                #expect(known.allSatisfy { $0.forks <= told.forks }, "seed \(seed)")
            } else {
                #expect(known.isEmpty && given.allSatisfy { $0.lead < TitleCheck.elderLead }, "seed \(seed)")
            }
        }
    }
}
