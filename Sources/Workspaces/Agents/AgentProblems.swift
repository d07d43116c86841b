import HTTPTypes
package import Web

extension CharacterFileError {
    /// What the sender of the file is told: 400 for what is not JSON, 422 with every place for what is no character.
    package var problem: Problem {
        switch self {
        case .syntax(let error):
            .badRequest("The body is not a JSON document: \(error).", errors: [FieldFault(body: error.pointer.words, "\(error.reason)")])
        case .faults(let faults):
            .invalid(
                faults.map { FieldFault(body: $0.pointer.words, $0.detail) },
                detail:
                    "This is not a character file: \(faults.prefix(3).map(\.description).joined(separator: "; "))\(faults.count > 3 ? "; …" : "").")
        }
    }
}

extension AgentDesk.Refusal {
    var problem: Problem {
        switch self {
        case .notFound:
            return .notFound("No agent of this workspace has this id.")
        case .keysRemain(let findings):
            let named = findings.prefix(5).map { "\($0.pointer) (\($0.kind))" }.joined(separator: ", ")
            return Problem(
                .unprocessableContent, name: "keys-remain", title: "The agent holds what looks like keys",
                detail: "Take them out of the file, import it again and publish then: \(named)\(findings.count > 5 ? ", …" : "").",
                errors: findings.map { FieldFault(body: $0.pointer.words, "This looks like \($0.kind).") })
        case .moderated(let status, let reason):
            return status.problem(reason: reason, forbidding: "published, unpublished or renamed")
        case .versionTaken(let version):
            return .conflict(
                "The version \(version) is published and says something else. Versions do not change: choose another one, or none for the next.",
                name: "version-taken")
        case .nameTaken(let name):
            return .conflict("An agent of this workspace is named `\(name)`.", name: "name-taken")
        case .nameRefused(let name, let reason):
            return reason.problem(of: name)
        case .titleRefused(let faults):
            let named = faults.prefix(5).map(\.description).joined(separator: "; ")
            return Problem(
                .unprocessableContent, name: "title-misleads", title: "The title is not what readers would take it for",
                detail: "Change the member `name` of the file, import it again and publish then: \(named)\(faults.count > 5 ? "; …" : "").",
                errors: faults.map { FieldFault(body: ["name"], $0.sentence) })
        }
    }
}

extension TitleText.Fault: CustomStringConvertible {
    /// A clause.
    package var description: String {
        switch self {
        case .invisible(let scalar, let position):
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return "character \(position), U+\(String(repeating: "0", count: max(0, 4 - digits.utf8.count)))\(digits), is not seen"
        case .mixed(let word, let alphabets):
            return "the word “\(word)” mixes \(alphabets.map(\.rawValue).joined(separator: " and ")) letters"
        }
    }

    package var sentence: String {
        let text = description
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }
}

extension NameCheck.Reason {
    func problem(of name: AgentName) -> Problem {
        switch self {
        case .reserved:
            return .conflict(
                "`\(name)`, or a name that looks the same, was another owner's and is kept for it. Choose another name.", name: "name-reserved")
        case .barred:
            return .conflict("The agent that was named `\(name)` was given up under moderation. Choose another name.", name: "name-reserved")
        case .leadsElsewhere:
            return .conflict("`\(name)` leads to another agent of yours, which was renamed. Choose another name.", name: "name-reserved")
        case .looksLike(let address):
            var problem = Problem.conflict(
                "`\(name)` would be taken for `\(address)`, which many know. Choose another name.", name: "name-looks-like")
            problem.extensions = [.init("looks_like", .string(address))]
            return problem
        }
    }
}

extension ListingStatus {
    /// Why nothing can be done with an agent that operators have taken out of the directory: 409, or 410 once it is removed.
    package func problem(reason: String?, forbidding acts: String) -> Problem {
        let said = reason.map { " The reason: \($0)" } ?? ""
        var members = [JSONValue.Member("agent_status", .string(rawValue))]
        if let reason { members.append(JSONValue.Member("reason", .string(reason))) }
        if self == .removed {
            return Problem(
                .gone, name: "agent-removed", title: "The agent was removed", detail: "Operators removed this agent.\(said)", extensions: members)
        }
        return Problem(
            .conflict, name: "agent-quarantined", title: "The agent is in quarantine",
            detail: "Operators look into this agent; until they have decided it cannot be \(acts).\(said)", extensions: members)
    }
}

extension JSONPointer {
    /// The steps as text, the form that problems are made of.
    var words: [String] {
        steps.map { step in
            switch step {
            case .name(let name): name
            case .index(let index): String(index)
            }
        }
    }
}
