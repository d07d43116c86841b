package import Hummingbird

/// How problems are written on the paths of an API whose errors have another shape, so that the clients of that API read them.
///
/// It holds for a path and everything below it, whoever found the fault: also for a token that is not valid and for a path or a method
/// that has no route.
package struct ProblemFormat: Sendable {
    package typealias Render = @Sendable (Problem, Request) -> Response

    private let path: String
    package let render: Render

    /// - Parameter path: As `/v1/things`, without a slash at its end.
    package init(below path: String, _ render: @escaping Render) {
        self.path = path
        self.render = render
    }

    func covers(_ path: String) -> Bool { path == self.path || path.hasPrefix(self.path + "/") }
}
