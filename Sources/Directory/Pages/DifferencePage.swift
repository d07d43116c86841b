import Foundation
import Web
import Workspaces

/// What differs between two versions of an agent, place by place.
struct DifferencePage: Sendable {
    let place: ListingPlace
    let versions: [PublishedVersion]
    /// Nil where there are no two versions.
    let compared: Compared?

    struct Compared: Sendable {
        let from: SemanticVersion
        let to: SemanticVersion
        let difference: CharacterDiff
    }

    /// - Parameter agent: the path of its page.
    static func address(of agent: String, from: SemanticVersion, to: SemanticVersion) -> String {
        PageAddress.query("\(agent)/diff", [(name: "from", value: from.description), (name: "to", value: to.description)])
    }

    private var agent: String { PageAddress.path("agents", place.owner, place.name) }

    var title: String { "What changed in \(place.owner)/\(place.name)" }

    var values: PageValues {
        let heading = compared.map { "From \($0.from) to \($0.to)" } ?? "What changed"
        let isCut = compared?.difference.isCut ?? false
        return [
            "owner": .text(place.owner), "name": .text(place.name), "ownerAddress": .text(AgentsAddress.owner(place.owner).text),
            "agentAddress": .text(agent), "differenceAddress": .text("\(agent)/diff"), "heading": .text(heading), "chooser": chooser,
            "outcome": .text(outcome), "changes": .section(changes), "isCut": .flag(isCut),
        ]
    }

    private var chooser: PageValue {
        guard versions.count > 1 else { return .nothing }
        func options(_ chosen: SemanticVersion?) -> PageValue {
            .list(
                versions.map { version -> PageValues in
                    ["number": .text(version.version.description), "isOn": .flag(version.version == chosen)]
                })
        }
        return .group(["olders": options(compared?.from), "newers": options(compared?.to)])
    }

    /// How many places changed, in words.
    private var outcome: String {
        guard let compared else { return "There is one version only, and nothing to compare it with." }
        let changes = compared.difference.changes
        if changes.isEmpty { return "The two versions say the same." }
        let counts = CharacterDiff.Change.Kind.allCases.compactMap { kind -> String? in
            let count = changes.count(where: { $0.kind == kind })
            return count == 0 ? nil : "\(PageWords.number(count)) \(kind.word.lowercased())"
        }
        return counts.joined(separator: ", ") + "."
    }

    private var changes: [PageValues] {
        (compared?.difference.changes ?? []).map { change -> PageValues in
            [
                "what": .text(change.kind.word), "sign": .text(change.kind.sign), "tone": .text(change.kind.tone),
                "place": .text(change.path.isEmpty ? "the whole document" : change.path), "before": .maybe(change.from), "after": .maybe(change.to),
            ]
        }
    }
}

extension CharacterDiff.Change.Kind {
    var word: String {
        switch self {
        case .added: "Added"
        case .removed: "Removed"
        case .changed: "Changed"
        }
    }

    var sign: String {
        switch self {
        case .added: "+"
        case .removed: "−"
        case .changed: "≠"
        }
    }

    /// The class of its colour.
    var tone: String {
        switch self {
        case .added: "good"
        case .removed: "bad"
        case .changed: "plain"
        }
    }
}
