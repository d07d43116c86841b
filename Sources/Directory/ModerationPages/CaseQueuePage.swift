import Foundation
import Jobs
import Web
import Workspaces

/// What waits for a decision, oldest first.
struct CaseQueuePage: Sendable {
    let lines: [CaseLine]
    /// Where newer cases begin; nil on the last page.
    let nextCursor: String?
    let threshold: Double
    let said: String?

    var values: PageValues {
        let next = nextCursor.map { PageAddress.query("/moderation", [(name: "cursor", value: $0)]) }
        return ["said": .maybe(said), "next": .maybe(next), "cases": .section(lines.map(line))]
    }

    private func line(_ line: CaseLine) -> PageValues {
        [
            "address": .text(PageAddress.path("moderation", line.id.lowercased)), "agent": .text("\(line.owner)/\(line.name)"),
            "status": .maybe(line.statusWords), "kind": .text(line.kindWords), "standing": .text(line.standing.words),
            "tone": .text(line.standing.tone), "weight": .text(line.weight(of: threshold)), "reporters": .text(PageWords.number(line.reporters)),
            "reasons": .text(line.reasonWords), "age": .text(line.ageWords),
        ]
    }
}

extension CaseLine {
    var kindWords: String {
        switch kind {
        case .report: "Reports"
        case .appeal: "Appeal"
        }
    }

    /// What the listing is now.
    var statusWords: String {
        switch status {
        case nil: "not listed any more"
        case .active?: "active"
        case .deprecated?: "deprecated"
        case .quarantined?: "in quarantine"
        case .removed?: "removed"
        }
    }

    /// `27.5 of 24`: what the reports weigh that are believed, and what takes an agent out of the directory.
    func weight(of threshold: Double) -> String { String(format: "%g of %g", score, threshold) }

    /// `malware 3, other 1`.
    var reasonWords: String { reasons.map { "\($0.reason.words) \(PageWords.number($0.count))" }.joined(separator: ", ") }

    /// Hours for two days, days after that.
    var ageWords: String {
        let hours = Int(max(0, age) / 3600)
        return hours < 48 ? PageWords.count(hours, "hour", "hours") : PageWords.count(hours / 24, "day", "days")
    }
}

extension ModerationCase.Standing {
    var words: String {
        switch self {
        case .noted: "Noted"
        case .alerted: "Many at once"
        case .quarantined: "Quarantined by reports"
        }
    }

    var tone: String {
        switch self {
        case .noted: "plain"
        case .alerted: "warn"
        case .quarantined: "bad"
        }
    }
}
