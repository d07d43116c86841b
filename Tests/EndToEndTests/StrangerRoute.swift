import Foundation
import TestSupport

/// A route of the published description with something in its path that may be another workspace's.
struct StrangerRoute: CustomStringConvertible, Sendable {
    let method: String
    let template: String
    let isForOperators: Bool
    let isOpen: Bool

    var description: String { "\(method) \(template)" }

    /// Whether it names an agent by owner and name, as the directory does.
    var isListing: Bool { template.contains("{agent}/{name}") || template.contains("{owner}/{name}") }

    /// Whether its time is compared: it reads, and its token decides what.
    var isTimed: Bool { method == "GET" && !isListing && !isForOperators && !isOpen }

    /// What changes comes behind what reads, and what deletes behind that.
    var rank: Int { ["GET", "POST", "PATCH", "PUT", "DELETE"].firstIndex(of: method) ?? 0 }

    /// What answers may repeat of a thing that was asked for.
    func word(_ thing: StrangerSeeds.Thing) -> String { isListing ? thing.name : thing.id }

    /// Templates whose parameter names something that no workspace owns.
    private static let unowned: Set<String> = [
        "/v1/plugins/{name}", "/v1/models/{model}", "/v1/models/{model}/{name}", "/v1/provider-credentials/{provider}",
    ]

    /// Bodies of routes that read one; an empty object for the others.
    private static let bodies = [
        "/v1/agents/{agent}/{name}/status": #"{"status":"deprecated","reason":"r"}"#,
        "/v1/tickets/{id}/replies": #"{"body":"b"}"#,
        "/v1/runs/{id}/tool-results": #"[{"id":"call","output":"o"}]"#,
        "/v1/workspace/members/{id}": #"{"role":"viewer"}"#,
        "/v1/agents/{agent}": #"{"name":"isolated-anew"}"#,
        "/v1/agents/{agent}/appeals": #"{"text":"b"}"#,
        "/v1/tools/{id}": #"{"name":"mine","url":"https://tools.example.com/"}"#,
        "/v1/agents/{agent}/{name}/reports": #"{"reason":"other","text":"b"}"#,
    ]

    /// Scopes that concern the whole installation.
    private static let forOperators: Set<String> = ["operations:read", "operations:write", "directory:moderate", "audit:read"]

    /// What a route wants in its query.
    private static let queries = ["/v1/agents/{agent}/{name}/diff": "?from=1.0.0&to=1.0.0"]

    /// What stands in a path beside the thing itself.
    private static let others = ["{version}": "1.0.0"]

    static func all(of deployment: Deployment) async throws -> [StrangerRoute] {
        let document = try await deployment.call("GET", "/openapi.json").json
        guard let paths = document["paths"] as? [String: [String: Any]] else { throw TestSupportError("the description has no paths") }
        return paths.sorted { $0.key < $1.key }.flatMap { template, operations in
            operations.sorted { $0.key < $1.key }.compactMap { method, operation -> StrangerRoute? in
                guard template.contains("{"), !unowned.contains(template) else { return nil }
                let security = (operation as? [String: Any])?["security"] as? [[String: [String]]]
                return StrangerRoute(
                    method: method.uppercased(), template: template,
                    isForOperators: security?.contains { !forOperators.isDisjoint(with: $0["token"] ?? []) } == true, isOpen: security == nil)
            }
        }
    }

    /// - Parameter receipt: what a route wants besides a token; another one where nil.
    func ask(_ deployment: Deployment, _ thing: StrangerSeeds.Thing, token: String, receipt: String?) async throws -> Deployment.Answer {
        var path = template
        if isListing {
            path = path.replacing("{agent}", with: "default").replacing("{owner}", with: "default").replacing("{name}", with: thing.name)
        } else if let first = path.firstRange(of: /\{[a-z_]+\}/) {
            path.replaceSubrange(first, with: thing.id)
        }
        for (parameter, word) in Self.others { path = path.replacing(parameter, with: word) }
        guard !path.contains("{") else { throw TestSupportError("\(self): say in StrangerRoute what stands in the rest of the path") }
        path += Self.queries[template] ?? ""
        if template == "/v1/reports/{id}" { path += "?receipt=\(receipt ?? "bm9uZQ")" }
        let body = method == "GET" || method == "DELETE" ? nil : Self.bodies[template] ?? "{}"
        return try await deployment.call(method, path, body, token: token)
    }
}
