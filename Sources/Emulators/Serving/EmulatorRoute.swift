/// What a path of a provider stands for.
enum EmulatorRoute: Equatable {
    case ask(EmulatorShape)
    case kept(KeptRequest)
    case models
    case model(String)

    /// Nil for what the provider does not have.
    static func find(_ kind: EmulatorKind, method: String, path: String, query: String?) throws(EmulatorError) -> EmulatorRoute? {
        guard path.hasPrefix(kind.base + "/") else { return nil }
        let rest = path.dropFirst(kind.base.count + 1)
        switch (method, rest) {
        case ("POST", "chat/completions") where kind != .anthropic: return .ask(.chat)
        case ("POST", "responses") where kind == .openai: return .ask(.responses)
        case (_, _) where kind == .openai && rest.hasPrefix("responses/"):
            return try KeptRequest(method: method, path: String(rest.dropFirst("responses/".count)), query: query).map(EmulatorRoute.kept)
        case ("POST", "messages") where kind == .anthropic: return .ask(.messages)
        case ("GET", "models"): return .models
        case ("GET", _) where rest.hasPrefix("models/"): return .model(String(rest.dropFirst("models/".count)))
        default: return nil
        }
    }
}
