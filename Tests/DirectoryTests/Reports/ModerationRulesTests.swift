import Foundation
import Jobs
import Testing
import Workspaces

@testable import Directory

@Suite("What a decision does")
struct ModerationRulesTests {
    @Test("a decision sets a status, and a dismissal takes back what reports alone have done, and nothing else")
    func statuses() {
        struct Row {
            let decision: ModerationDecision
            let current: ListingStatus?
            let before: ListingStatus?
            let ofReports: ListingStatus?
            let ofAppeal: ListingStatus?
        }
        let rows = [
            Row(decision: .dismiss, current: .quarantined, before: .active, ofReports: .active, ofAppeal: nil),
            Row(decision: .dismiss, current: .quarantined, before: .deprecated, ofReports: .deprecated, ofAppeal: nil),
            Row(decision: .dismiss, current: .quarantined, before: nil, ofReports: nil, ofAppeal: nil),
            Row(decision: .dismiss, current: .removed, before: .active, ofReports: nil, ofAppeal: nil),
            Row(decision: .dismiss, current: .active, before: nil, ofReports: nil, ofAppeal: nil),
            Row(decision: .dismiss, current: nil, before: .active, ofReports: nil, ofAppeal: nil),
            Row(decision: .restore, current: .removed, before: nil, ofReports: .active, ofAppeal: .active),
            Row(decision: .deprecate, current: .active, before: nil, ofReports: .deprecated, ofAppeal: .deprecated),
            Row(decision: .quarantine, current: .active, before: nil, ofReports: .quarantined, ofAppeal: .quarantined),
            Row(decision: .remove, current: .quarantined, before: .active, ofReports: .removed, ofAppeal: .removed),
            Row(decision: .remove, current: nil, before: nil, ofReports: .removed, ofAppeal: .removed),
        ]
        for row in rows {
            #expect(row.decision.status(in: .report, current: row.current, before: row.before) == row.ofReports, "\(row)")
            #expect(row.decision.status(in: .appeal, current: row.current, before: row.before) == row.ofAppeal, "\(row)")
        }
    }

    @Test("each status is what one decision sets, and the ground of one that names none is another reason")
    func settings() {
        for status in ListingStatus.allCases {
            #expect(ModerationDecision(setting: status).status(in: .report, current: nil, before: nil) == status, "\(status)")
        }
        let order = StatusOrder(status: .removed, reason: "It sends keys away.", ground: nil).order
        #expect(order.ground == .other && order.rule == "directory-rules/other" && order.facts == "It sends keys away." && !order.automated)
    }

    @Test("what takes something from an owner can be appealed against; what hides an agent is logged; what brings it back is too")
    func kinds() {
        #expect(ModerationDecision.allCases.filter(\.isRestriction) == [.deprecate, .quarantine, .remove])
        #expect(ModerationDecision.allCases.filter(\.isLogged) == [.quarantine, .remove])
        #expect(ModerationDecision.allCases.filter(\.bringsBack) == [.restore, .deprecate])
        #expect(ModerationDecision.allCases.map { $0.lifting(in: .report) } == [.ownCase, .everything, .nothing, .nothing, .nothing])
        #expect(ModerationDecision.allCases.map { $0.lifting(in: .appeal) } == [.nothing, .everything, .nothing, .nothing, .nothing])
    }

    @Test("what a decision means for an appeal")
    func outcomes() {
        let rows: [(decision: ModerationDecision, appealed: ModerationDecision, kind: ModerationCase.Kind, outcome: AppealOutcome)] = [
            (.dismiss, .remove, .appeal, .upheld), (.dismiss, .quarantine, .report, .reversed), (.restore, .remove, .appeal, .reversed),
            (.restore, .quarantine, .report, .reversed), (.remove, .remove, .appeal, .upheld), (.quarantine, .quarantine, .report, .upheld),
            (.deprecate, .remove, .appeal, .changed), (.remove, .quarantine, .report, .changed),
        ]
        for row in rows { #expect(row.decision.outcome(against: row.appealed, in: row.kind) == row.outcome, "\(row)") }
    }

    @Test("reports raise the standing of a case and never lower it")
    func standing() {
        let verdicts: [ReportPolicy.Verdict] = [.none, .alert, .quarantine(.malware)]
        #expect(verdicts.map { ModerationCase.Standing.noted.after($0) } == [.noted, .alerted, .quarantined])
        #expect(verdicts.map { ModerationCase.Standing.alerted.after($0) } == [.alerted, .alerted, .quarantined])
        #expect(verdicts.map { ModerationCase.Standing.quarantined.after($0) } == [.quarantined, .quarantined, .quarantined])
    }

    @Test("an owner is told what can be done, where there is something to be done")
    func redress() {
        let agent = UUID()
        for decision in ModerationDecision.allCases {
            let text = ModerationStatement.redress(against: decision, in: .report, agent: agent)
            #expect(text.contains("/v1/agents/\(agent.lowercased)/appeals") == decision.isRestriction)
        }
        #expect(ModerationStatement.redress(against: .dismiss, in: .appeal, agent: agent).contains("stands"))
        #expect(ModerationStatement.facts(reports: 3, score: 27.5, policy: .standard).hasPrefix("3 reports weigh 27.5 together, and 24 take"))
    }
}

@Suite("How far a takedown has come")
struct TakedownTests {
    private static func takedown(pass: Int = 1, toldTo: UUID = Takedown.beginning) -> Takedown {
        Takedown(removal: UUID.version7(), agent: UUID(), pass: pass, toldTo: toldTo)
    }

    @Test("a full page is followed by the next one at once, a shorter one by a rest and another pass")
    func pages() {
        let page = [UUID(), UUID()]
        #expect(Self.takedown().step(after: page, limit: 2) == .init(pass: 1, toldTo: page[1], rest: .zero, isFinished: false))
        #expect(Self.takedown().step(after: page, limit: 3) == .init(pass: 2, toldTo: Takedown.beginning, rest: Takedown.rest, isFinished: false))
        #expect(Self.takedown().step(after: [], limit: 3).isFinished == false, "the first pass is never the last")
    }

    @Test("a later pass that finds nobody is the last one, and so is the fifth, whomever it finds")
    func end() {
        #expect(Self.takedown(pass: 2).step(after: [], limit: 3).isFinished)
        #expect(!Self.takedown(pass: 2).step(after: [UUID()], limit: 3).isFinished)
        #expect(!Self.takedown(pass: 2, toldTo: UUID()).step(after: [], limit: 3).isFinished, "it has found somebody before")
        #expect(Self.takedown(pass: Takedown.passes).step(after: [UUID()], limit: 3).isFinished)
        #expect(!Self.takedown(pass: Takedown.passes).step(after: [UUID()], limit: 1).isFinished, "a page of it is left")
    }

    @Test("the word to a workspace is one job in a pass, and another one in the next")
    func jobs() {
        let (first, workspace) = (Self.takedown(), UUID())
        let second = Takedown(removal: first.removal, agent: first.agent, pass: 2, toldTo: Takedown.beginning)
        #expect(first.job(for: workspace) == first.job(for: workspace))
        #expect(first.job(for: workspace) != second.job(for: workspace))
        #expect(first.job(for: workspace) != first.job(for: UUID()))
        #expect(first.job(for: workspace) != Self.takedown().job(for: workspace))
    }

    @Test("a payload of this version decodes as it was encoded")
    func payload() throws {
        let payload = NoteAgentRemoval(removal: UUID())
        #expect(try JSONDecoder().decode(NoteAgentRemoval.self, from: JSONEncoder().encode(payload)) == payload)
        #expect(NoteAgentRemoval.kind.name == "agent.notice" && NoteAgentRemoval.kind.acceptance == .ledger)
        #expect(!NoteAgentRemoval.kind.isCancellable)
    }
}
