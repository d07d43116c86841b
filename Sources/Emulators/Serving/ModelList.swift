import Web

/// The models that a provider says it has.
struct ModelList {
    let kind: EmulatorKind
    let names: [String]

    init(_ kind: EmulatorKind, _ script: EmulatorScript) {
        self.kind = kind
        names = script.models ?? ["emulated"]
    }

    var document: JSONValue {
        let models = names.map(model)
        switch kind {
        case .openai: return ["object": "list", "data": .array(models)]
        case .anthropic:
            return ["data": .array(models), "has_more": false, "first_id": .text(names.first), "last_id": .text(names.last)]
        case .openrouter: return ["data": .array(models)]
        }
    }

    func model(_ name: String) -> JSONValue {
        switch kind {
        case .openai: ["id": .string(name), "object": "model", "created": 1_700_000_000, "owned_by": "emulated"]
        case .anthropic: ["type": "model", "id": .string(name), "display_name": .string(name), "created_at": "2025-01-01T00:00:00Z"]
        case .openrouter:
            [
                "id": .string(name), "name": .string(name), "created": 1_700_000_000, "context_length": 128_000,
                "pricing": ["prompt": "0.000001", "completion": "0.000004"],
            ]
        }
    }
}
