package import HTTPTypes
package import Hummingbird

/// The paths of a router and their methods: answers which methods a path has, and lists what a description must cover.
package struct RouteTable: Sendable {
    /// Hummingbird's name for the template of a path that matches none.
    static let unmatched = "NotFound"

    /// One path template with its methods.
    package struct Entry: Sendable, Hashable, CustomStringConvertible {
        /// As `/v1/jobs/{id}`.
        package let path: String
        package let method: HTTPRequest.Method

        package var description: String { "\(method.rawValue) \(path)" }
    }

    private let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    package init(_ router: Router<AppContext>) {
        routes = router.routes.map { ($0.path, $0.method) }
    }

    /// Every route, in the order of the router's tree.
    package var entries: [Entry] { routes.map { Entry(path: $0.path.description, method: $0.method) } }

    /// The methods that a path answers, sorted; empty when no route matches it.
    func methods(for path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        let methods = Set(routes.lazy.filter { Self.matches($0.path, parts) }.map(\.method))
        return methods.sorted { $0.rawValue < $1.rawValue }
    }

    private static func matches(_ template: RouterPath, _ parts: [Substring]) -> Bool {
        for (index, element) in template.components.enumerated() {
            if element.description == "**" { return true }
            guard index < parts.count, element ~= parts[index] else { return false }
        }
        return template.components.count == parts.count
    }
}
