import Hummingbird
import Web

/// Models as lists show them: OpenAI's form, or Anthropic's for whoever names a version of that API.
extension CompatibleModels {
    static func list(_ names: [String], for request: Request) -> JSONValue {
        let entries: JSONValue = .array(names.map { entry($0, for: request) })
        guard CompatibleProblems.isAnthropic(request) else { return ["object": "list", "data": entries] }
        return ["data": entries, "has_more": false, "first_id": .text(names.first), "last_id": .text(names.last)]
    }

    /// Nobody knows since when a provider has a model, so it is said to be from the beginning of time.
    static func entry(_ name: String, for request: Request) -> JSONValue {
        guard CompatibleProblems.isAnthropic(request) else {
            let owner = name.firstIndex(of: "/").map { String(name[..<$0]) } ?? "mainstay"
            return ["id": .string(name), "object": "model", "created": 0, "owned_by": .string(owner)]
        }
        return [
            "type": "model", "id": .string(name), "display_name": .string(name), "created_at": "1970-01-01T00:00:00Z", "lifecycle": "active",
        ]
    }
}
