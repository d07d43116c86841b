import Foundation
import Web
import Workspaces

/// The form by which anybody reports an agent, and what is said when it has arrived.
struct ReportPage: Sendable {
    let place: ListingPlace
    var reason: String?
    var text: String?
    var contact: String?
    /// Why it was not taken.
    var faults: [String] = []

    private var agent: String { PageAddress.path("agents", place.owner, place.name) }

    var title: String { "Report \(place.owner)/\(place.name)" }

    var values: PageValues {
        [
            "owner": .text(place.owner), "name": .text(place.name), "ownerAddress": .text(AgentsAddress.owner(place.owner).text),
            "agentAddress": .text(agent), "reportAddress": .text("\(agent)/report"),
            "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }), "reasons": .list(reasons),
            "text": .maybe(text), "contact": .maybe(contact), "textLimit": .text("\(ReportRequest.textLimit)"),
            "contactLimit": .text("\(ReportRequest.contactLimit)"),
        ]
    }

    private var reasons: [PageValues] {
        ReportReason.allCases.map { reason -> PageValues in
            [
                "value": .text(reason.rawValue), "label": .text(reason.label), "explanation": .text(reason.explanation),
                "isOn": .flag(reason.rawValue == self.reason),
            ]
        }
    }

    /// The page with the receipt.
    static func thanks(_ receipt: ReportReceiptAnswer, for place: ListingPlace) -> PageValues {
        [
            "owner": .text(place.owner), "name": .text(place.name), "report": .text(receipt.id), "receipt": .text(receipt.receipt),
            "stateAddress": .text(PageAddress.query(PageAddress.path("reports", receipt.id), [(name: "receipt", value: receipt.receipt)])),
        ]
    }
}

extension ReportReason {
    /// A few words for a choice or a cell.
    var label: String {
        switch self {
        case .impersonation: "Impersonation"
        case .malware: "Malware"
        case .leakedSecret: "A leaked secret"
        case .illegal: "Illegal content"
        case .misleading: "Misleading"
        case .notWorking: "It does not work"
        case .other: "Something else"
        }
    }

    fileprivate var explanation: String {
        switch self {
        case .impersonation: "It passes for another agent, a person or an organisation."
        case .malware: "It harms whoever runs it."
        case .leakedSecret: "A key, a password or somebody’s data is in it."
        case .illegal: "The law forbids it."
        case .misleading: "It says of itself what is not so."
        case .notWorking: "It does not do what it should."
        case .other: "Say it in your words."
        }
    }
}
