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
        }
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
