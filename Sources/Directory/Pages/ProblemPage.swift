import Hummingbird
import Web

/// What is shown where a page cannot be.
struct ProblemPage: Sendable {
    let problem: Problem
    /// The request's id, to be found in the log.
    let request: String

    var values: PageValues {
        // A single fault is the detail itself.
        let faults = problem.errors.count > 1 ? problem.errors.map(\.detail) : []
        let wait = problem.retryAfter.map { "Try again in \(PageWords.count(Int($0.components.seconds), "second", "seconds"))." }
        return [
            "headline": .text(problem.title), "detail": .maybe(problem.detail), "request": .text(request),
            "faults": .section(faults.map { fault -> PageValues in ["fault": .text(fault)] }), "wait": .maybe(wait),
        ]
    }

    func response(_ templates: PageTemplates) -> Response {
        let head = PageHead(title: problem.title, part: .neither, isUnlisted: true)
        return PageHeaders.passing(templates.document(.problem, head, values), status: problem.status)
    }
}
